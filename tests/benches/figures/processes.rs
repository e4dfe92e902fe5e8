//! The functions as processes, built as they are deployed, under a Runtime API of our own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use latchkey_tests::{RuntimeApi, TestApp};
use serde_json::Value;

static BUILT: OnceLock<PathBuf> = OnceLock::new();

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names of all functions, which are those of their folders.
pub(crate) fn functions() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("functions")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The path of a function's binary. All are built on first use, by themselves: together with the local stack they would have features
/// that they are deployed without.
pub(crate) fn binary(name: &str) -> PathBuf {
    let folder = BUILT.get_or_init(|| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(root()).args(["build", "--release", "--offline", "-p", "empty-function"]);
        for function in functions() {
            command.args(["-p", &function]);
        }
        assert!(command.status().unwrap().success(), "the functions do not build");
        std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
    });
    folder.join(name)
}

/// A sample event.
pub(crate) fn event(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(root().join("events").join(name)).unwrap()).unwrap()
}

/// A function's process; it ends when this is dropped.
pub(crate) struct Running {
    process: Child,
    api: RuntimeApi,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

impl Running {
    /// Starts a function on the table of that application. Mail and SMS have the clients that a deployment has: their endpoints are
    /// AWS's, and nothing is sent there.
    pub(crate) fn start(binary: &Path, api: RuntimeApi, app: &TestApp) -> Self {
        let mut variables = app.variables();
        variables.retain(|name, _| !["LATCHKEY_SES_ENDPOINT", "LATCHKEY_SNS_ENDPOINT"].contains(&name.as_str()));
        let mut command = Command::new(binary);
        command.env_clear().envs(variables).env("AWS_LAMBDA_RUNTIME_API", api.address().to_string());
        command.env("AWS_LAMBDA_FUNCTION_NAME", "measured").env("AWS_LAMBDA_FUNCTION_VERSION", "1");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_LAMBDA_LOG_STREAM_NAME", "measured");
        command.env("AWS_LAMBDA_LOG_GROUP_NAME", "measured").stdout(Stdio::null()).stdin(Stdio::null());
        Self { process: command.spawn().unwrap(), api }
    }

    /// Answers one event, with that status.
    pub(crate) async fn invoke(&mut self, event: Value, status: u16) {
        let answer = self.api.invoke(event).await.unwrap();
        assert_eq!(answer["statusCode"], status, "{answer}");
    }

    /// A line of the kernel's account of the process, in kB: `VmRSS`, `VmHWM`.
    pub(crate) fn kilobytes(&self, line: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
