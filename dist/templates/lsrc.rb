# Homebrew: brew install ./lsrc.rb
class Lsrc < Formula
  desc "Language, compiler and engine for lead scoring"
  homepage "https://github.com/lsrc/lsrc"
  url "https://github.com/lsrc/lsrc/releases/download/v@VERSION@/lsrc-@VERSION@-@TARGET@.tar.gz"
  sha256 "@SHA256@"
  license any_of: ["MIT", "Apache-2.0"]

  def install
    bin.install "lsrc"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/lsrc.bash" => "lsrc"
    zsh_completion.install "completions/lsrc.zsh" => "_lsrc"
    fish_completion.install "completions/lsrc.fish"
  end

  test do
    (testpath/"score.lsr").write "lsr 1\nschema c { n: integer }\nscore s { per n then +1 max 5 }\n"
    assert_match "No problems found", shell_output("#{bin}/lsrc check score.lsr 2>&1")
  end
end
