//! The local stack, as a user starts it, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Stack {
    process: Child,
    pub(crate) api: SocketAddr,
    pub(crate) dynamodb: SocketAddr,
    binary: PathBuf,
    folder: TempDir,
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

impl Stack {
    /// Builds it as this was built, starts it, and waits until it is ready.
    pub(crate) fn start() -> Self {
        let this = std::env::current_exe().unwrap();
        let target = this.ancestors().nth(2).unwrap();
        let mut build = Command::new(env!("CARGO"));
        // Together with this, so that they share what is built.
        build.args([
            "build",
            "--quiet",
            "--offline",
            "-p",
            "latchkey-tests",
            "-p",
            "latchkey-cli",
            "--example",
            "soak",
            "--bin",
            "latchkey",
        ]);
        if target.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the stack does not build");

        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (api, dynamodb, folder) = (free(), free(), tempfile::tempdir().unwrap());
        let binary = target.join("latchkey");
        let mut command = Command::new(&binary);
        command.env_clear().args(["serve", "--port", &api.port().to_string(), "--dynamodb-port", &dynamodb.port().to_string()]);
        command.arg("--data").arg(folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.by_ref().any(|line| line.contains("ready")), "the stack says when it is ready");
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, api, dynamodb, binary, folder }
    }

    /// What `latchkey` answers, asked to work on this stack's table.
    pub(crate) fn administer(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(&self.binary);
        command.env_clear().args(arguments).args(["--json", "--endpoint", &format!("http://{}", self.dynamodb)]);
        let answer = command.arg("--data").arg(self.folder.path()).output().unwrap();
        serde_json::from_slice(&answer.stdout).unwrap()
    }

    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }
}
