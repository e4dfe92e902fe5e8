"""The local stack for checks that come from outside: `with LocalStack() as stack`. Needs `target/debug/latchkey`."""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "the root secret of these checks: 32 bytes and more"
PASSWORD = "analytical engine no. 1"
OTHER_PASSWORD = "a password in no example"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class LocalStack:
    """A stack that keeps nothing and ends with its block."""

    def __enter__(self):
        port, dynamodb_port = free_port(), free_port()
        self.api, self.dynamodb = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{dynamodb_port}"
        command = [ROOT / "target/debug/latchkey", "serve", "--memory", "--port", str(port), "--dynamodb-port", str(dynamodb_port)]
        # What it logs is told only where a check fails.
        self.process = subprocess.Popen(command, env={"LATCHKEY_SECRET": SECRET}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for line in self.process.stdout:
            if b"ready" in line:
                break
        else:
            raise SystemExit("the local stack did not start")
        # Nobody reads on: a pipe that is full would hold the stack up.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.drain.wait()

    def post(self, path, body):
        return post(self.api + path, body)

    def code_for(self, email):
        for _ in range(200):
            with urllib.request.urlopen(f"{self.api}/_local/messages?to={email}") as answer:
                for message in json.load(answer):
                    if code := re.search(r"\b\d{6}\b", message["text"]):
                        return code[0]
            time.sleep(0.02)
        raise SystemExit(f"no code came for {email}")

    def administer(self, *arguments):
        """What `latchkey` answers, asked to work on this stack's table."""
        command = [ROOT / "target/debug/latchkey", *arguments, "--json", "--endpoint", self.dynamodb]
        return json.loads(subprocess.run(command, env={"LATCHKEY_SECRET": SECRET}, check=True, capture_output=True).stdout)

    def partner_token(self):
        """A token of a partner's, which is registered for it."""
        partner = self.administer("partner", "create", "Ludo")["id"]
        return self.administer("partner", "token", partner, "--user", "ada")["token"]

    def sign_up(self, email, password=PASSWORD):
        """An account, made through the API."""
        self.post("/v1/auth/signup", {"name": "Ada Lovelace", "email": email, "password": password})
        self.post("/v1/auth/verify-signup-otp", {"email": email, "otp": self.code_for(email)})


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
