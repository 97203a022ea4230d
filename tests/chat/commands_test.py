"""`troupe chat` in a script: what goes through the pipe, and the exit code.

    python3 commands_test.py PATH_OF_TROUPE
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

TROUPE = sys.argv.pop(1)
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": ENVIRONMENT}


@contextlib.contextmanager
def node(*arguments):
    """A node on a free port; gives ADDRESS:PORT."""
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen([TROUPE, "serve", "--listen", "127.0.0.1:0", "--data", f"{directory}/data", *arguments],
                                   env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            yield next(found[1] for line in process.stdout if (found := re.search(r"http://(127\.0\.0\.1:\d+)", line)))
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def chat(address, lines, *arguments):
    return subprocess.run([TROUPE, "chat", "--url", f"ws://{address}/ws", "--user", "ann", *arguments], input=lines,
                          capture_output=True, text=True, env=ENVIRONMENT, timeout=60)


class pipes(unittest.TestCase):
    def test_what_was_sent_is_stored(self):
        with node() as address:
            done = chat(address, "one\n/join attic\ntwo\n")
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            for room, body in ("lounge", "one"), ("attic", "two"):
                with urllib.request.urlopen(f"http://{address}/api/v1/rooms/{room}/messages?user=ann") as answer:
                    self.assertEqual([m["body"] for m in json.load(answer)["messages"]], [body])

    def test_what_the_server_refuses_is_counted(self):
        with node() as address:
            done = chat(address, "/react 99 👍\n/delete 99\nfine\n/jion attic\n")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("troupe chat: 2 messages and commands were refused", done.stderr)
        self.assertIn("troupe chat: 1 line was not understood", done.stderr)

    def test_without_a_server_nothing_is_sent_and_that_is_said(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # Nobody listens there.
            process = subprocess.Popen([TROUPE, "chat", "--url", f"ws://127.0.0.1:{taken.getsockname()[1]}/ws",
                                        "--user", "ann"], **PIPES)
            process.stdin.write("hi\nthere\n")
            process.stdin.flush()
            self.assertTrue(any("no connection" in line for line in process.stdout))
            process.send_signal(signal.SIGTERM)
            errors = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 1)
        self.assertIn("troupe chat: 2 messages were not sent (no connection: ", errors)

    def test_a_refused_token_ends_it_at_once(self):
        with tempfile.TemporaryDirectory() as directory:
            config = pathlib.Path(directory) / "node.toml"
            key = subprocess.run([TROUPE, "token", "key", "--secret", f"{directory}/demo.key"], capture_output=True,
                                 text=True, check=True, env=ENVIRONMENT).stdout
            config.write_text(f'[auth]\nmode = "token"\nissuer = "https://login.example"\naudience = "troupe"\n{key}')
            with node("--config", str(config)) as address:
                for who in ([], ["--token", "no.good.token"]):
                    done = chat(address, "hi\n", *who)
                    self.assertEqual(done.returncode, 1, done.stdout)
                    self.assertIn("troupe chat: 1 message was not sent", done.stderr)
                    self.assertIn("troupe chat: the server closed the connection for good", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
