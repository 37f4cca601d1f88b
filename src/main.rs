//! The `lsrc` command.

fn main() -> std::process::ExitCode {
    lsrc::cli::main()
}
