# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Be the servers to which a mail host sends mail, on addresses of its own loopback.

Usage: outside.py <SERVERS

SERVERS is JSON from a name to the address, the port, whether it speaks TLS, and the users
with their passwords. A server with users takes mail only after STARTTLS and AUTH, as a
relay does; one without users takes all, as the server of a domain does. Each message, and
each login that failed, is a line of JSON in /var/log/outside.log.
"""

from __future__ import annotations

import base64
import email
import json
import socketserver
import ssl
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

LOG = Path("/var/log/outside.log")
CERTIFICATE = "/etc/ssl/certs/ssl-cert-snakeoil.pem"
KEY = "/etc/ssl/private/ssl-cert-snakeoil.key"
LOCK = threading.Lock()


class Place(NamedTuple):
    """A server that is declared."""

    name: str
    speaks_tls: bool
    users: dict[str, str]


def log(event: dict[str, Any]) -> None:
    """Write what happened, for the tests to read."""
    with LOCK, LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")


class Server(socketserver.ThreadingTCPServer):
    """A server that is declared, and the connections to it."""

    allow_reuse_address = True
    daemon_threads = True
    place: Place


class Session(socketserver.StreamRequestHandler):
    """A connection to a server."""

    server: Server
    is_encrypted = False
    user = ""
    sender = ""

    def handle(self) -> None:
        """Answer until the other side ends or goes."""
        self.recipients: list[str] = []
        self.say("220", f"{self.place.name} ESMTP")
        while line := self.rfile.readline():
            command, dummy, rest = line.decode("latin-1").strip().partition(" ")
            answer = getattr(self, f"on_{command.lower()}", None)
            if answer is None:
                self.say("502", "5.5.1 There is no such command.")
            else:
                answer(rest)
            if command.upper() == "QUIT":
                return

    @property
    def place(self) -> Place:
        """The server as it is declared."""
        return self.server.place

    def say(self, code: str, *lines: str) -> None:
        """Send a reply."""
        for line in lines[:-1]:
            self.wfile.write(f"{code}-{line}\r\n".encode())
        self.wfile.write(f"{code} {lines[-1]}\r\n".encode())
        self.wfile.flush()

    def on_ehlo(self, dummy: str) -> None:
        """Tell what the server speaks: passwords only where nobody can read them."""
        features = ["STARTTLS"] if self.place.speaks_tls and not self.is_encrypted else []
        features += ["AUTH PLAIN"] if self.place.users and self.is_encrypted else []
        self.say("250", self.place.name, *features)

    def on_starttls(self, dummy: str) -> None:
        """Go on with TLS."""
        self.say("220", "2.0.0 Ready.")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = connection.makefile("rb"), connection.makefile("wb")
        self.is_encrypted = True

    def on_auth(self, rest: str) -> None:
        """Compare the password."""
        dummy, user, password = base64.b64decode(rest.split(" ")[-1]).decode().split("\0")
        if self.place.users.get(user) == password:
            self.user = user
            self.say("235", "2.7.0 Welcome.")
        else:
            log({"server": self.place.name, "refused": user})
            self.say("535", "5.7.8 The password is wrong.")

    def on_mail(self, rest: str) -> None:
        """Take the sender, of whom is allowed to send."""
        if self.place.users and not self.user:
            log({"server": self.place.name, "refused": ""})
            self.say("530", "5.7.0 Who are you?")
            return
        self.sender, self.recipients = address(rest), []
        self.say("250", "2.1.0 Yes.")

    def on_rcpt(self, rest: str) -> None:
        """Take a recipient."""
        self.recipients.append(address(rest))
        self.say("250", "2.1.5 Yes.")

    def on_data(self, dummy: str) -> None:
        """Take a message and note how it came."""
        self.say("354", "Go on.")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        event = {"server": self.place.name, "user": self.user, "encrypted": self.is_encrypted}
        event |= {"sender": self.sender, "recipients": self.recipients}
        log({**event, "subject": email.message_from_bytes(b"".join(lines))["Subject"]})
        self.say("250", "2.0.0 Taken.")

    def on_rset(self, dummy: str) -> None:
        """Forget the message."""
        self.say("250", "2.0.0 Yes.")

    def on_quit(self, dummy: str) -> None:
        """Say goodbye."""
        self.say("221", "2.0.0 Bye.")


def address(text: str) -> str:
    """Return the address in the argument of a command."""
    return text[text.index("<") + 1 : text.index(">")]


def main() -> None:
    LOG.touch()
    threads = []
    for name, declared in json.load(sys.stdin).items():
        server = Server((declared["address"], declared["port"]), Session)
        server.place = Place(name, declared["tls"], declared.get("users", {}))
        threads.append(threading.Thread(target=server.serve_forever))
    for thread in threads:
        thread.start()


if __name__ == "__main__":
    main()
