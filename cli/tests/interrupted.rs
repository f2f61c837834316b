//! Runs that are killed, and stopped, and go on to the bytes of one that was not.

mod common;

use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Folder, Ran, small, text};

/// Long enough to be interrupted, and the same every time.
const RUN: &[&str] = &["--epochs", "5", "--batch-size", "32", "--validation", "0.1"];

fn train(output: &str, more: &[&str]) -> Vec<String> {
    let spec = small();
    let own = ["train", "--spec", text(&spec), "mnist", "-q", "-o", output];
    [&own[..], RUN, more].concat().into_iter().map(str::to_owned).collect()
}

fn arguments(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

/// Waits until a file changes so many times.
fn wait_for_changes(path: &Path, mut changes: u32, run: &mut Child) {
    let begin = Instant::now();
    let mut last = None;
    while changes > 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "no checkpoint was written");
        assert!(run.try_wait().unwrap().is_none(), "the run ended too early");
        let now = fs::metadata(path).and_then(|about| about.modified()).ok();
        if now.is_some() && now != last {
            (last, changes) = (now, changes - 1);
        }
        sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_bytes() {
    let folder = Folder::with_mnist();
    folder.good(&arguments(&train("whole.safetensors", &[])));
    let whole = fs::read(folder.path("whole.safetensors")).unwrap();
    let checkpoint = folder.path("m.safetensors.checkpoint");
    let resumed = train("m.safetensors", &["--resume", "--checkpoint-every", "0"]);
    for (changes, threads) in [(3, "1"), (25, "2"), (20, "1")] {
        let threads = ["--threads", threads];
        let all = [&arguments(&resumed)[..], &threads].concat();
        let mut run = folder.command(&all).spawn().unwrap();
        wait_for_changes(&checkpoint, changes, &mut run);
        run.kill().unwrap();
        run.wait().unwrap();
        assert!(checkpoint.exists() && !folder.path("m.safetensors").exists());
    }
    let seen = folder.good(&["inspect", text(&checkpoint)]);
    assert!(seen.contains("a run goes on at epoch "), "{seen}");
    // It knows by itself what it was told.
    folder.good(&["train", "mnist", "-q", "-o", "m.safetensors", "--resume"]);
    assert!(fs::read(folder.path("m.safetensors")).unwrap() == whole);
    assert!(!checkpoint.exists() && !folder.path("m.safetensors.partial").exists());
    // And that it is done.
    let again = folder.run(&["train", "mnist", "-o", "m.safetensors", "--resume"]);
    assert_eq!(again.code, 0);
    assert!(again.errors.contains("nothing to resume"), "{}", again.errors);
}

#[cfg(unix)]
#[test]
fn a_stopped_run_leaves_the_model_and_goes_on() {
    use std::process::{Command, Stdio};

    let folder = Folder::with_mnist();
    folder.good(&arguments(&train("whole.safetensors", &[])));
    for signal in ["-INT", "-TERM"] {
        let all = train("m.safetensors", &["--checkpoint-every", "0"]);
        let mut command = folder.command(&arguments(&all));
        let mut run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for_changes(&folder.path("m.safetensors.checkpoint"), 5, &mut run);
        let killed = Command::new("kill").args([signal, &run.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let ran = Ran::of(run.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{}", ran.errors);
        assert!(ran.errors.contains("--resume goes on from here"), "{}", ran.errors);
        folder.good(&["evaluate", "m.safetensors", "mnist"]);
        folder.good(&["train", "mnist", "-q", "-o", "m.safetensors", "--resume"]);
        let [whole, resumed] = ["whole", "m"]
            .map(|name| fs::read(folder.path(&format!("{name}.safetensors"))).unwrap());
        assert!(whole == resumed, "{signal}");
    }
}

#[test]
fn another_run_is_not_taken_for_the_interrupted_one() {
    let folder = Folder::with_mnist();
    let all = train("m.safetensors", &["--checkpoint-every", "0"]);
    let mut run = folder.command(&arguments(&all)).spawn().unwrap();
    wait_for_changes(&folder.path("m.safetensors.checkpoint"), 2, &mut run);
    run.kill().unwrap();
    run.wait().unwrap();

    let resume = ["train", "mnist", "-o", "m.safetensors", "--resume"];
    let spec = small();
    let told = [&resume[..], &["--spec", text(&spec)], RUN, &["--seed", "8"]].concat();
    folder.bad(1, &told, "--resume: spec.seed is not what the run was begun with");
    let more = [&resume[..], &["--epochs", "3"]].concat();
    folder.bad(2, &more, "goes on as the run was begun");
    folder.write("mnist/more.idx3", "");
    folder.bad(1, &resume, "expected what the run was begun with, 2 files");
    let again = [&resume[..4], &["--spec", text(&spec)]].concat();
    folder.bad(1, &again, "an interrupted run is kept here: --resume goes on with it");
    let checkpoint = folder.path("m.safetensors.checkpoint");
    folder.good(&["convert", text(&checkpoint), "so-far.safetensors"]);
    let seen = folder.good(&["inspect", "so-far.safetensors"]);
    assert!(seen.contains("trained by: ") && !seen.contains("a run goes on"), "{seen}");
    let file = fs::read(folder.path("so-far.safetensors")).unwrap();
    assert!(!String::from_utf8_lossy(&file).contains("commandLine"));
}
