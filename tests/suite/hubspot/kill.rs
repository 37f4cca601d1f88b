//! A push that is killed at each of its requests, and goes on.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::fake::{Fault, KEY};
use super::{planned, prepared, wanted};

#[test]
fn a_push_that_is_killed_at_any_request_goes_on() {
    let mut steps = 0;
    for skip in 0..20 {
        for after in [false, true] {
            let fake = prepared();
            fake.people(1..=150, |id| vec![("lifecyclestage", if id % 2 == 0 { "customer" } else { "lead" }.to_owned())]);
            let records: Vec<_> = (1..=150).map(|id| wanted(id, 60, if id % 2 == 0 { "lead" } else { "sql" })).collect();
            let plan = planned(&fake, &records);
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("plan.json"), serde_json::to_string(&plan).unwrap()).unwrap();
            let push = || {
                let mut command = Command::new(assert_cmd::cargo::cargo_bin!("lsrc"));
                command.args(["push", "hubspot", "--apply", "plan.json", "--base-url", &fake.url]);
                command.current_dir(folder.path()).env("LSRC_HUBSPOT_TOKEN", KEY).stdout(Stdio::null()).stderr(Stdio::piped());
                command
            };
            fake.fault(Fault { path: "batch/", skip, after, hang: true, ..Fault::default() });
            let mut child = push().spawn().unwrap();
            let hung = loop {
                if fake.hanging.lock().unwrap().recv_timeout(Duration::from_millis(50)).is_ok() {
                    break true;
                }
                if child.try_wait().unwrap().is_some() {
                    break false;
                }
            };
            if !hung {
                // There are fewer requests than that: every one of them has been the last.
                assert!(steps >= 6, "{steps}");
                return;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            steps += 1;
            fake.world().faults.clear();
            let output = push().output().unwrap();
            assert!(output.status.success(), "{skip} {after}: {}", String::from_utf8_lossy(&output.stderr));
            let world = fake.world();
            for (id, person) in &world.people {
                let back = u32::from(id % 2 == 0);
                let stage = if back == 1 { "lead" } else { "salesqualifiedlead" };
                let value = |name: &str| person.values.get(name).map_or("", String::as_str);
                assert_eq!((value("lsrc_fit"), value("lifecyclestage")), ("60", stage), "{id} after {skip} {after}");
                assert!(
                    person.writes["lsrc_fit"] == 1 && person.writes["lifecyclestage"] <= 1 + back,
                    "{id} after {skip} {after}"
                );
            }
        }
    }
    panic!("a push of 150 contacts takes more than 20 requests");
}
