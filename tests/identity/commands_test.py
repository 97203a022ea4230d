"""`troupe token` and the keys of a configuration, as an operator and a developer use them.

    python3 commands_test.py PATH_OF_TROUPE
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

TROUPE = sys.argv.pop(1)
IDENTITY = 'mode = "token"\nissuer = "https://login.example"\naudience = "troupe"\n'
# The RSA key of RFC 7517, appendix A.1.
DOCUMENT = {"keys": [{"kty": "RSA", "kid": "2011-04-29", "alg": "RS256", "e": "AQAB", "n":
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3ok"
            "njhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6"
            "qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awa"
            "pJzKnqDKgw"}]}


def troupe(*arguments, stdin=""):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}
    return subprocess.run([TROUPE, *map(str, arguments)], env=kept, input=stdin, capture_output=True, text=True, timeout=60)


class tokens(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = pathlib.Path(directory.name)
        self.config = self.path / "node.toml"

    def good(self, *arguments, stdin=""):
        done = troupe(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def refused(self, *arguments, stdin=""):
        done = troupe(*arguments, stdin=stdin)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def with_secret(self):
        """A configuration with a fresh secret; gives the secret's file."""
        secret = self.path / "demo.key"
        entry = self.good("token", "key", "--secret", secret)
        self.config.write_text(f"[store]\ndirectory = \"{self.path}/data\"\n[auth]\n{IDENTITY}{entry}")
        return secret

    def make(self, *arguments):
        token = self.good("token", "make", "--config", self.config, "--user", "ann", *arguments)
        self.assertRegex(token, r"\A[\w-]+\.[\w-]+\.[\w-]+\n\Z")  # the token and nothing else
        return token

    def check(self, token):
        done = troupe("token", "check", "--json", "--config", self.config, stdin=token)
        verdict = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if verdict["accepted"] else 1)
        return verdict

    @contextlib.contextmanager
    def node(self):
        process = subprocess.Popen([TROUPE, "serve", "--listen", "127.0.0.1:0", "--data", self.path / "data"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            self.assertTrue(any(re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout))
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)

    def test_a_token_of_each_kind_of_key_is_made_and_accepted(self):
        self.with_secret()
        for extra in ([], ["--rsa"]):
            private = self.path / ("rsa.pem" if extra else "p256.pem")
            entry = self.good("token", "key", private, *extra)
            self.config.write_text(self.config.read_text() + entry)
            self.assertEqual(stat.S_IMODE(private.stat().st_mode), 0o600)
            verdict = self.check(self.make("--private-key", private, "--role", "support/*rest=moderator"))
            self.assertEqual((verdict["accepted"], verdict["user"]), (True, "ann"))
            self.assertEqual(verdict["roles"], [{"room": "support/*rest", "role": "moderator"}])
        verdict = self.check(self.make("--jti", "one", "--ttl", "2h"))
        self.assertEqual((verdict["accepted"], verdict["jti"], verdict["roles"]), (True, "one", []))
        self.assertIn("The configuration is good", self.good("config", "check", "--config", self.config))

    def test_a_token_that_would_be_refused_is_told_why(self):
        self.with_secret()
        token = self.make()
        self.assertEqual(self.check(token[:-2] + "\n")["reason"], "not_canonical")
        self.assertEqual(self.check(self.make("--audience", "others"))["reason"], "wrong_audience")
        self.assertEqual(self.check(self.make("--kid", "demo", "--issuer", "me"))["reason"], "wrong_issuer")
        self.assertEqual(self.check("eyJhbGciOiJub25lIn0.e30.AAAA")["reason"], "wrong_algorithm")
        self.assertIn("refused: it is not header.claims.signature",
                      self.refused("token", "check", "--config", self.config, "hello"))

    def test_what_cannot_be_a_token_is_not_made(self):
        self.with_secret()
        for wish, why in ((["--user", "ann bob"], "1-64 of"), (["--user", "ann", "--ttl", "30d"], "token_life_s"),
                          (["--user", "ann", "--role", "a=king"], "owner, moderator"),
                          (["--user", "ann", "--role", "*a/b=reader"], "must come last"),
                          (["--user", "ann", "--kid", "other"], "the kid other")):
            self.assertIn(why, self.refused("token", "make", "--config", self.config, *wish))
        self.assertIn("nothing to sign with", self.refused("token", "make", "--user", "ann"))

    def test_a_secret_is_made_once_and_for_its_owner(self):
        secret = self.with_secret()
        self.assertEqual(stat.S_IMODE(secret.stat().st_mode), 0o600)
        before = secret.read_text()
        self.assertIn("File exists", self.refused("token", "key", "--secret", secret))
        self.assertEqual(secret.read_text(), before)

    def test_a_bad_secret_is_refused_with_its_line(self):
        secret = self.with_secret()
        line = self.config.read_text().splitlines().index(f'secret_file = "{secret}"') + 1
        secret.chmod(0o644)
        said = self.refused("config", "check", "--config", self.config)
        self.assertIn(f"{self.config}:{line}:1: {secret} can be read or changed by others", said)
        self.assertIn("chmod 600", said)
        secret.chmod(0o600)
        secret.write_text("too short\n")
        said = self.refused("config", "check", "--config", self.config)
        self.assertIn(f"{self.config}:{line}:1: {secret} has 9 bytes, which is too weak for HS256", said)

    def test_a_token_is_revoked_by_its_id_and_by_its_user(self):
        self.with_secret()
        self.assertIn("no data directory", self.refused("token", "revoke", "--config", self.config, "--user", "ann"))
        with self.node():
            one, other = self.make("--jti", "one"), self.make("--jti", "other")
            said = self.good("token", "revoke", "--config", self.config, "--jti", "one")
            self.assertRegex(said, r"It holds on every node of \S+ at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
            self.assertEqual(self.check(one)["reason"], "revoked")
            self.assertTrue(self.check(other)["accepted"])
            self.good("token", "revoke", "--config", self.config, "--user", "ann", "--before", "2020-01-31T12:00:00Z")
            self.assertTrue(self.check(other)["accepted"])
            self.good("token", "revoke", "--config", self.config, "--user", "ann")
        self.assertEqual(self.check(other)["reason"], "revoked")
        for before in ("2999-01-01T00:00:00Z", "tomorrow"):
            self.assertIn("a time that has been",
                          self.refused("token", "revoke", "--config", self.config, "--user", "ann", "--before", before))

    def test_the_document_of_a_url_is_fetched(self):
        class page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(DOCUMENT).encode())

            def log_message(self, *_):
                pass

        private = self.path / "mine.pem"
        self.good("token", "key", private, "--rsa")
        with http.server.HTTPServer(("127.0.0.1", 0), page) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            url = f"http://127.0.0.1:{server.server_port}/jwks.json"
            self.config.write_text(f"[auth]\n{IDENTITY}[[auth.keys]]\nalgorithm = \"RS256\"\njwks_url = \"{url}\"\n")
            known = self.make("--private-key", private, "--kid", "2011-04-29")
            unknown = self.make("--private-key", private, "--kid", "2011-04-30")
            self.assertEqual(self.check(known)["reason"], "bad_signature")
            self.assertEqual(self.check(unknown)["reason"], "unknown_key")
            server.shutdown()
            thread.join()
        self.assertIn(f"{url} cannot be fetched", self.refused("token", "check", "--config", self.config, known))


if __name__ == "__main__":
    unittest.main(verbosity=2)
