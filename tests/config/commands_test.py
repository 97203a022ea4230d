"""The subcommands that look at configuration and log, run as an operator runs them.

    python3 commands_test.py PATH_OF_TROUPE PATH_OF_THE_MANUAL
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

TROUPE, MANUAL = sys.argv.pop(1), sys.argv.pop(1)


def clean_environment(**variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
    return kept | variables


def troupe(*arguments, **variables):
    return subprocess.run([TROUPE, *arguments], env=clean_environment(**variables), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60)


def values(shown):
    """The lines of `config show` without their comments."""
    return [line.split(" #")[0].rstrip() for line in shown.splitlines()]


@contextlib.contextmanager
def node(data):
    """A node on a free port; gives its URL."""
    process = subprocess.Popen([TROUPE, "serve", "--listen", "127.0.0.1:0", "--data", str(data)],
                               env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
        else:
            raise AssertionError("the node ended before it said where it listens")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def post(url, room, body):
    request = urllib.request.Request(f"{url}/api/v1/rooms/{room}/messages", method="POST",
                                     data=json.dumps({"user": "ann", "body": body}).encode())
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


class configuration(unittest.TestCase):
    def test_the_manual_shows_what_no_file_shows(self):
        with_manual, without = troupe("config", "show", "--config", MANUAL), troupe("config", "show")
        self.assertEqual((with_manual.returncode, without.returncode), (0, 0), with_manual.stderr)
        self.assertEqual(values(with_manual.stdout), values(without.stdout))
        self.assertIn(f"# {MANUAL}:", with_manual.stdout)
        self.assertNotIn(MANUAL, without.stdout)

    def test_what_is_said_later_wins(self):
        shown = troupe("config", "show", "--config", MANUAL, "--listen", "127.0.0.1:7", "--listen", "127.0.0.1:9",
                       "--durability", "memory", TROUPE_NODE="node-x", TROUPE_LISTEN_ADDRESS="127.0.0.1:8")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertRegex(shown.stdout, r'(?m)^node = "node-x" +# TROUPE_NODE$')
        self.assertRegex(shown.stdout, r'(?m)^address = "127.0.0.1:9" +# --listen$')
        self.assertRegex(shown.stdout, r'(?m)^durability = "memory" +# --durability$')

    def test_what_is_shown_is_a_configuration(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "node.toml"
            file.write_text(troupe("config", "show", "--io-threads", "7").stdout)
            again = troupe("config", "show", "--config", str(file))
            self.assertEqual(values(again.stdout), values(file.read_text()))
            self.assertIn("io_threads = 7", again.stdout)

    def test_a_wrong_file_is_refused_with_its_line_by_every_command(self):
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "node.toml"
            file.write_text("[listen]\nadress = \"127.0.0.1:1\"\n")
            for command in (["config", "show"], ["config", "check"], ["serve"]):
                refused = troupe(*command, "--config", str(file))
                self.assertEqual(refused.returncode, 1)
                self.assertIn(f'{file}:2:1: there is no option listen.adress; did you mean "address"?', refused.stderr)
                self.assertEqual(refused.stdout, "")

    def test_a_good_configuration_passes_with_its_warnings(self):
        checked = troupe("config", "check", "--listen", "0.0.0.0:80")
        self.assertEqual(checked.returncode, 0)
        self.assertIn("warning: auth.mode is \"open\"", checked.stdout)
        self.assertIn("can be reached from other machines", checked.stdout)


    def test_explain_names_every_verb_when_it_knows_none(self):
        refused = troupe("config", "explain", "/ws", "shout")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("hello, refresh, rooms, join, leave, send, fetch, presence, typing, mark, moderate", refused.stderr)

    def test_explain_of_something_that_is_no_node_says_so(self):
        class not_a_node(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(self.server.answer)

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), not_a_node) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for server.answer in b"<html>", b"[]", b'{"steps":3}', b'{"steps":[7]}':
                done = troupe("config", "explain", "/ws", "send", "--url", f"http://127.0.0.1:{server.server_port}")
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertRegex(done.stderr, "^troupe")
            server.shutdown()


class program(unittest.TestCase):
    def test_its_version(self):
        self.assertRegex(troupe("--version").stdout, r"\Atroupe \d+\.\d+\.\d+\n\Z")

    def test_a_history_that_cannot_be_read_is_an_error_not_a_crash(self):
        with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as no_file:
            no_file.bind(f"{directory}/history")
            done = troupe("check", f"{directory}/history")
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"troupe check: cannot read {directory}/history: ", done.stderr)

    def test_a_command_offers_the_flags_it_uses(self):
        node_only = ["--listen", "--auth", "--io-threads", "--durability", "--node "]
        data = [["backup"], ["restore"], ["log", "verify"], ["log", "rooms"], ["token", "check"], ["token", "revoke"]]
        for command in [*data, ["token", "make"], ["bench", "login-storm"]]:
            help = troupe(*command, "--help").stdout
            self.assertIn("--config", help, command)
            self.assertEqual("--data DIR" in help, command in data, command)
            self.assertEqual([flag for flag in node_only if flag in help], [], command)
            self.assertIn("Example", help, command)


class stored_log(unittest.TestCase):
    def test_backup_restore_and_verify_of_a_running_node(self):
        with tempfile.TemporaryDirectory() as directory:
            data, copy = pathlib.Path(directory) / "data", pathlib.Path(directory) / "data.backup"
            with node(data) as url:
                acks = [post(url, "lounge", f"message {i}") for i in range(3)]
                post(url, "attic", "alone")
                backed_up = troupe("backup", str(copy), "--data", str(data))
                self.assertEqual(backed_up.returncode, 0, backed_up.stderr)
                self.assertIn("2 rooms, 4 messages", backed_up.stdout)
                acks.append(post(url, "lounge", "after the backup"))
                verified = troupe("log", "verify", "lounge", "--data", str(data))
                self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
                self.assertIn("lounge: good, 4 messages from seq 1 to 4", verified.stdout)
                self.assertIn(acks[-1]["chain"], verified.stdout)

            self.assertNotEqual(troupe("restore", str(copy), "--data", str(data)).returncode, 0)

            restored = pathlib.Path(directory) / "restored"
            done = troupe("restore", str(copy), "--data", str(restored))
            self.assertEqual(done.returncode, 0, done.stderr)
            rooms = troupe("log", "rooms", "--data", str(restored))
            self.assertEqual([line.split("  ")[:2] for line in rooms.stdout.splitlines()],
                             [["attic", "1-1"], ["lounge", "1-3"]])
            self.assertNotIn(acks[0]["epoch"], re.findall(r"epoch (\S+)", rooms.stdout))
            verified = troupe("log", "verify", "--data", str(restored))
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            self.assertIn(acks[2]["chain"], verified.stdout)
            with node(restored) as url:
                self.assertEqual(post(url, "lounge", "again")["seq"], 4)

    def test_a_room_or_a_log_that_is_not_there_is_said(self):
        with tempfile.TemporaryDirectory() as directory:
            missing = troupe("log", "verify", "lounge", "--data", directory)
            self.assertEqual(missing.returncode, 1)
            self.assertNotEqual(missing.stderr, "")
            with node(pathlib.Path(directory) / "data") as url:
                post(url, "lounge", "hello")
            unknown = troupe("log", "verify", "attic", "--data", f"{directory}/data")
            self.assertEqual(unknown.returncode, 1)
            self.assertIn("attic: there is no such room", unknown.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
