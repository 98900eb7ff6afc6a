# Copyright (c) mailops.dms contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Postfix of its own, on the loopback interface, that expands aliases and sends nothing.

Only the address rewriter, the log daemon and, for the restrictions, an smtpd(8) run. Its cleanup(8) is started once for each
question, with the maps of that question, and puts the message on hold; there is neither a
queue manager nor a delivery agent, so no mail can leave.
"""

from __future__ import annotations

import itertools
import os
import smtplib
import socket
import subprocess
import time
import typing as t
from pathlib import Path

HOSTNAME = "mail.example.com"

# Those of DMS where it sets any, and what keeps all mail where it is.
_MAIN = """
compatibility_level = 3.6
queue_directory = {directory}/queue
data_directory = {directory}/data
maillog_file = {directory}/log
maillog_file_prefixes = {directory}
myhostname = {hostname}
mydomain = {domain}
mydestination = $myhostname, localhost.$mydomain, localhost
append_dot_mydomain = no
smtputf8_enable = no
recipient_delimiter = +
inet_interfaces = loopback-only
inet_protocols = ipv4
smtp_dns_support_level = disabled
default_transport = discard
local_transport = discard
relay_transport = discard
virtual_transport = discard
in_flow_delay = 0
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_sender_restrictions = check_sender_access texthash:{directory}/maps/send-access
smtpd_recipient_restrictions = check_recipient_access texthash:{directory}/maps/receive-access, permit_mynetworks, reject
smtpd_client_event_limit_exceptions = 127.0.0.0/8
"""
_MASTER = """
rewrite unix - - n - - trivial-rewrite
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
127.0.0.1:{port} inet n - n - - smtpd -o max_use=1
"""

# A daemon writes to the files 3 to 5, which master(8) opens for it, whoever started it.
_WITH_FILES_OF_MASTER = 'exec "$@" 3</dev/zero 4>/dev/null 5>/dev/null'

_MAP_AND_HOLD = (1 << 5) | (1 << 2)
_STATUS_WRITE, _STATUS_DEFER = 1 << 1, 1 << 8

# What resolve_clnt(3) returns for a recipient.
_CLASSES = {
    # Set beside the class where the recipient is no address.
    1 << 2: "error",
    1 << 8: "local",
    1 << 9: "alias",
    1 << 10: "mailbox",
    1 << 11: "relay",
    1 << 12: "external",
    # Set without a class where a lookup fails.
    1 << 3: "failure",
}
_FAILURE = 1 << 3

# Files older than this are not read a second time for fear that they still change.
_LONG_AGO = 10_000_000

_SECONDS_TO_START = 30


# How DMS makes its list of domains of the first column of its files: an alias of which both
# parts are the same, such as one without an @, has none.
_DOMAINS = r"""
{
  grep -Ev '^\s*($|#)' <<<"$1" | while IFS='|' read -r login _; do cut -d@ -f2 <<<"${login}"; done
  grep -Ev '^\s*($|#)' <<<"$2" | while read -r alias _; do
    domain=$(cut -d@ -f2 <<<"${alias}")
    [[ $(cut -d@ -f1 <<<"${alias}") == "${domain}" ]] || printf '%s\n' "${domain}"
  done
} | sort -u
"""


class Answer(t.NamedTuple):
    """What Postfix made of one recipient."""

    recipients: tuple[bytes, ...] = ()
    error: str | None = None
    """C(lookup) where a map gave an error, C(expansion) where a limit was reached."""


class PostfixInstance:
    """A running Postfix; ended by `stop`."""

    def __init__(self, directory: Path) -> None:
        """Start it in a directory that the user postfix can enter."""
        self._directory = directory
        self._config = directory / "etc"
        for name in ("etc", "queue", "data", "maps"):
            (directory / name).mkdir()
        domain = HOSTNAME.partition(".")[2]
        main = _MAIN.format(directory=directory, hostname=HOSTNAME, domain=domain)
        (self._config / "main.cf").write_text(main)
        self._port = _free_port()
        (self._config / "master.cf").write_text(_MASTER.format(port=self._port))
        self._environment = {"MAIL_CONFIG": str(self._config), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        self._last_error = ""
        self._daemons = Path(self._run("postconf", "-h", "daemon_directory").strip())
        self._run("chown", "postfix", str(directory / "data"))
        self._run("postfix", "check")
        self._master = subprocess.Popen(
            [str(self._daemons / "master"), "-c", str(self._config), "-d"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            # It ends all of its process group with itself.
            start_new_session=True,
        )
        self._wait_until_started()

    def _run(self, *command: str) -> str:
        result = subprocess.run(
            command,
            check=False,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert result.returncode == 0, f"{command}: {result.stdout}"
        return result.stdout

    def _wait_until_started(self) -> None:
        """Wait until the rewriter can be asked: the log says when master is ready."""
        log = self._directory / "log"
        for dummy in range(_SECONDS_TO_START * 20):
            assert self._master.poll() is None, "Postfix ended at once"
            if log.exists() and "daemon started" in log.read_text():
                return
            time.sleep(0.05)
        raise AssertionError("Postfix did not start")

    def stop(self) -> None:
        """End it, by its process id."""
        self._master.terminate()
        self._master.wait()

    def routes(self, aliases: bytes, regex_aliases: bytes | None, recipients: list[bytes]) -> dict[bytes, Answer]:
        """Return what becomes of each recipient; no two of them may be alike."""
        maps = self._maps(aliases, regex_aliases)
        answers = self._expand(maps, recipients)
        if answers is not None:
            return answers
        return {recipient: self._route(maps, recipient) for recipient in recipients}

    def place(
        self, accounts: bytes, aliases: bytes, regex_aliases: bytes | None, recipient: bytes
    ) -> tuple[str, bytes]:
        """Return what kind of address a final recipient is, and what it is resolved to.

        The kind is as `_CLASSES` names it, or C(death) where the rewriter dies of the list of domains.
        """
        request = (b"request", b"resolve", b"sender", b"", b"address", recipient, b"")
        settings = [
            f"virtual_alias_maps={self._maps(aliases, regex_aliases)}",
            f"virtual_mailbox_domains={self._map('vhost', _list_of_domains(accounts, aliases))}",
        ]
        try:
            answer = self._run_daemon(
                "trivial-rewrite", "rewrite", settings, b"".join(field + b"\0" for field in request)
            )
        except subprocess.CalledProcessError:
            return "death", b""
        attributes = dict(itertools.pairwise(answer.split(b"\0")))
        kind = next(name for bit, name in _CLASSES.items() if int(attributes[b"flags"]) & bit)
        return kind, attributes[b"recipient"]

    def relay(self, relays: bytes, sender: bytes) -> bytes | None:
        """Return the relay of a sender whose mail leaves the server, empty for none; None where the lookup fails.

        `relays` is what DMS has copied of its file.
        """
        request = (b"request", b"resolve", b"sender", sender, b"address", b"somebody@example.net", b"")
        settings = [f"sender_dependent_relayhost_maps=texthash:{self._map('relays', relays)}"]
        answer = self._run_daemon("trivial-rewrite", "rewrite", settings, b"".join(field + b"\0" for field in request))
        attributes = dict(itertools.pairwise(answer.split(b"\0")))
        if int(attributes[b"flags"]) & _FAILURE:
            return None
        nexthop = attributes[b"nexthop"]
        return b"" if nexthop == b"example.net" else nexthop

    def answer(self, send_access: bytes | None, receive_access: bytes | None, sender: str, recipient: str) -> int:
        """Return the code with which smtpd(8) answers to a recipient, with these files; None is no such file."""
        for name, content in (("send-access", send_access), ("receive-access", receive_access)):
            if content is None:
                (self._directory / "maps" / name).unlink(missing_ok=True)
            else:
                self._map(name, content)
        with smtplib.SMTP("127.0.0.1", self._port, timeout=_SECONDS_TO_START) as client:
            client.helo()
            client.mail(sender)
            return client.rcpt(recipient)[0]

    def _run_daemon(self, program: str, service: str, settings: list[str], request: bytes) -> bytes:
        """Have a daemon answer one request on its standard input."""
        command = ["/bin/sh", "-c", _WITH_FILES_OF_MASTER, "sh"]
        command += [str(self._daemons / program), "-S", "-u", "-n", service]
        command += ["-t", "unix"]
        for setting in settings:
            command += ["-o", setting]
        return subprocess.run(command, check=True, env=self._environment, input=request, stdout=subprocess.PIPE).stdout

    def _maps(self, aliases: bytes, regex_aliases: bytes | None) -> str:
        """Write the files and return them as a list of maps."""
        maps = f"texthash:{self._map('virtual', _repaired(aliases))}"
        if regex_aliases is not None:
            maps += f" pcre:{self._map('regexp', regex_aliases)}"
        return maps

    def _map(self, name: str, content: bytes) -> Path:
        path = self._directory / "maps" / name
        path.write_bytes(content)
        os.utime(path, (_LONG_AGO, _LONG_AGO))
        return path

    def _route(self, maps: str, recipient: bytes) -> Answer:
        """Ask for one recipient alone, because an error is one of the whole message."""
        answers = self._expand(maps, [recipient])
        if answers is not None:
            return answers[recipient]
        return Answer(error=self._last_error)

    def _expand(self, maps: str, recipients: list[bytes]) -> dict[bytes, Answer] | None:
        """Have a message taken in; None where Postfix does not, for `_last_error`."""
        settings = [f"virtual_alias_maps={maps}"]
        answer = self._run_daemon("cleanup", "cleanup", settings, _message(recipients))
        attributes = answer.split(b"\0")
        values = dict(itertools.pairwise(attributes))
        status = int(values[b"status"])
        queue_file = self._directory / "queue" / "hold" / values[b"queue_id"].decode()
        if status:
            errors = {_STATUS_WRITE: "lookup", _STATUS_DEFER: "expansion"}
            assert status in errors, f"{status} {values[b'reason']!r}"
            self._last_error = errors[status]
            return None
        content = queue_file.read_bytes()
        queue_file.unlink()
        return _recipients_in(content, recipients)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _repaired(content: bytes) -> bytes:
    """Return a file as DMS leaves it, which deletes every carriage return where lines end with CRLF."""
    return content.replace(b"\r", b"") if b"\r\n" in content else content


def _list_of_domains(accounts: bytes, aliases: bytes) -> bytes:
    command: list[bytes | str] = ["bash", "-c", _DOMAINS, "bash"]
    command += map(_repaired, (accounts, aliases))
    return subprocess.run(command, check=True, env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE).stdout


def _record(kind: bytes, text: bytes) -> bytes:
    """Return one record of a queue file: type, length in sevens of bits, text."""
    length = bytearray()
    rest = len(text)
    while True:
        rest, low = rest >> 7, rest & 0x7F
        length.append(low | (0x80 if rest else 0))
        if not rest:
            return kind + bytes(length) + text


def _message(recipients: list[bytes]) -> bytes:
    """Return what a client tells cleanup(8) for one message."""
    records = [(b"T", b"%d 0" % time.time()), (b"S", b"")]
    records += [(b"R", recipient) for recipient in recipients]
    records += [(b"M", b""), (b"N", b"Received: by test"), (b"N", b"")]
    records += [(b"X", b""), (b"E", b"")]
    flags = b"flags\0%d\0\0" % _MAP_AND_HOLD
    return flags + b"".join(_record(kind, text) for kind, text in records)


def _records(content: bytes) -> t.Iterator[tuple[bytes, bytes]]:
    position = 0
    while position < len(content):
        kind = content[position : position + 1]
        length = shift = 0
        while True:
            position += 1
            length |= (content[position] & 0x7F) << shift
            shift += 7
            if content[position] < 0x80:
                break
        position += 1
        yield kind, content[position : position + length]
        position += length


def _recipients_in(content: bytes, recipients: list[bytes]) -> dict[bytes, Answer]:
    """Return the recipients of a queue file, by the one each was made of."""
    found: dict[bytes, list[bytes]] = {recipient: [] for recipient in recipients}
    original = b""
    for kind, text in _records(content):
        if kind == b"O":
            original = text
        elif kind == b"R":
            found[original].append(text)
        elif kind == b"M":
            break
    return {recipient: Answer(tuple(sorted(final))) for recipient, final in found.items()}
