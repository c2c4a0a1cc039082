"""The gateway as a user runs it: `dotnet Gateway.Host.dll` outside Development, a signing key, every user with a token of their own;
presence, sessions, heartbeat and metrics on. Only its limits are lifted, so that the load is not refused."""

import base64
import hashlib
import hmac
import json
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from processes import BUILD, NotAvailable, free_port, program

KEY = "a-signing-key-of-the-benchmark-alone-32-bytes"
API_KEY = "the-benchmark"
LIMITS = ("EventsPerSecond", "CommandsPerSecond", "ConnectionsPerUser", "ConnectionsPerAddress", "ConnectionsPerNode",
          "UnauthenticatedPerNode", "HandshakesPerSecond")


def token(user):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=")

    body = part({"alg": "HS256", "typ": "JWT"}) + b"." + part({"sub": user, "name": user, "exp": int(time.time()) + 86400})
    signature = base64.urlsafe_b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).rstrip(b"=")
    return (body + b"." + signature).decode()


def tokens_file(count):
    """One user a connection; made once for the longest list that was asked for."""
    path = BUILD / f"tokens-{count}.txt"
    if not path.exists() or path.stat().st_mtime < time.time() - 40000:
        path.write_text("".join(token(f"u{i}") + "\n" for i in range(count)))
    return path


def environment(extra=None):
    env = {
        "ASPNETCORE_ENVIRONMENT": "Production",
        "Gateway__Auth__SigningKey": KEY,
        "Gateway__Api__Keys__0": API_KEY,
        "Gateway__Limits__RoomsPerConnection": "1000",
    }
    env.update({f"Gateway__Limits__{name}": "0" for name in LIMITS})
    env.update(extra or {})
    return env


def start(processes, extra=None, tls=False, name="gateway"):
    """Returns the port."""
    dll = BUILD / "gateway" / "Gateway.Host.dll"
    if not dll.exists():
        raise NotAvailable("the gateway is not built")
    port = free_port()
    env = environment(extra)
    env["Gateway__NodeId"] = name
    if tls:
        env.update(certificate(processes.folder))
    scheme = "https" if tls else "http"
    data = processes.folder / f"{name}-data"
    process = processes.start(
        [program("dotnet"), dll, "--urls", f"{scheme}://127.0.0.1:{port}"], {**env, "Gateway__DataDir": str(data)}, name)
    processes.ready(process, port, None if tls else lambda: is_ready(port))
    return port


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def certificate(folder):
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", key, "-out", pem], check=True, capture_output=True)
    return {"Kestrel__Certificates__Default__Path": str(pem), "Kestrel__Certificates__Default__KeyPath": str(key)}


def start_redis(processes):
    port = free_port()
    process = processes.start(
        [program("redis-server"), "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", processes.folder,
         "--maxclients", "10000"], name="redis")
    processes.ready(process, port)
    return port


def load_arguments(connections, ephemeral=True, tls=False, ids=""):
    """What the load generator has to say to it. Stored events bear an id and are acked; without `ids` they aren't."""
    arguments = [
        "--path", "/ws?room=bench%r&history=0", "--publish-path", "/ws", "--header", "Authorization: Bearer %l",
        "--lines", tokens_file(max(16384, connections + 64)),
        "--step", '"type":"joined"=>', "--publish-step", '"type":"welcome"=>',
    ]
    if ephemeral:
        arguments += ["--publish", '{"type":"message","room":"bench%r","ephemeral":true,"content":"%P"}']
    elif ids:
        arguments += ["--publish", f'{{"type":"message","room":"bench%r","id":"{ids}%n","content":"%P"}}', "--ack", f'"id":"{ids}']
    else:
        arguments += ["--publish", '{"type":"message","room":"bench%r","content":"%P"}']
    if tls:
        arguments.append("--tls")
    return arguments


def fill_history(port, room, count):
    """Publishes stored events by the backend's line interface."""
    line = json.dumps({"type": "message", "content": "x" * 100}).encode() + b"\n"
    for start_at in range(0, count, 20000):
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/v1/rooms/{room}/events", data=line * min(20000, count - start_at), method="POST",
            headers={"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/x-ndjson"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            outcome = json.load(answer)
            if outcome.get("rejected"):
                raise RuntimeError(f"{outcome['rejected']} events were rejected: {outcome.get('errors')}")
