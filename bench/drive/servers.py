"""The servers that are measured: how each is started, and what the load generator says to it. One function a server; each takes the
processes it may start and returns the load generator's arguments."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import gateway
from processes import BENCH, BUILD, NotAvailable, free_port, program


@dataclass(frozen=True)
class Server:
    name: str
    title: str
    start: Callable
    ours: bool = False
    floor: bool = False
    native: bool = False  # nothing is compiled while it runs
    publishing: bool = False  # its events are acked


def floor(mode):
    def start(processes, connections):
        port = free_port()
        process = processes.start([BUILD / "floor", port, mode])
        processes.ready(process, port)
        return ["--port", port]

    return start


def embedded(ephemeral=True, tls=False):
    def start(processes, connections):
        port = gateway.start(processes, tls=tls)
        ids = "" if ephemeral else f"{random.randrange(16**8):08x}-"
        return ["--port", port, *gateway.load_arguments(connections, ephemeral=ephemeral, tls=tls, ids=ids)]

    return start


def through_redis(nodes, ephemeral=True):
    def start(processes, connections):
        redis = gateway.start_redis(processes)
        extra = {"Gateway__Engine": "redis", "Gateway__Redis": f"127.0.0.1:{redis}", "Gateway__RedisAck": "memory"}
        ports = [gateway.start(processes, extra, name=f"node-{i}") for i in range(1, nodes + 1)]
        ids = "" if ephemeral else f"{random.randrange(16**8):08x}-"
        return ["--port", ",".join(map(str, ports)), *gateway.load_arguments(connections, ephemeral=ephemeral, ids=ids)]

    return start


def signalr(processes, connections):
    dll = BUILD / "signalr" / "Bench.SignalR.dll"
    if not dll.exists():
        raise NotAvailable("its app is not built")
    port = free_port()
    process = processes.start([program("dotnet"), dll, "--urls", f"http://127.0.0.1:{port}"], {"ASPNETCORE_ENVIRONMENT": "Production"})
    processes.ready(process, port)
    return ["--port", port, "--protocol", "signalr"]


def node(script, *load):
    def start(processes, connections):
        if not (BENCH / "peers" / "node_modules" / "socket.io").exists():
            raise NotAvailable("npm ci has not run in bench/peers")
        port = free_port()
        process = processes.start([program("node"), BENCH / "peers" / script, port], {"NODE_ENV": "production"})
        processes.ready(process, port)
        return ["--port", port, *load]

    return start


def mosquitto(processes, connections):
    port = free_port()
    configuration = processes.folder / "mosquitto.conf"
    # 2.0.11 takes a start with WebSocket listeners alone for one without any: hence the first one.
    configuration.write_text(
        f"listener {free_port()} 127.0.0.1\nlistener {port} 127.0.0.1\nprotocol websockets\nallow_anonymous true\nmax_connections -1\n"
        "set_tcp_nodelay true\nmax_queued_messages 0\nlog_type error\n")
    process = processes.start([program("mosquitto", "/usr/sbin/mosquitto"), "-c", configuration])
    processes.ready(process, port)
    return ["--port", port, "--protocol", "mqtt"]


def nats(processes, connections):
    port = free_port()
    configuration = processes.folder / "nats.conf"
    configuration.write_text(
        f"listen: 127.0.0.1:{free_port()}\nmax_connections: 100000\n"
        f"websocket {{ listen: \"127.0.0.1:{port}\", no_tls: true, compression: false }}\n")
    process = processes.start([program("nats-server", "/usr/sbin/nats-server"), "-c", configuration])
    processes.ready(process, port)
    return ["--port", port, "--protocol", "nats"]


NCHAN = """
load_module modules/ngx_nchan_module.so;
daemon off;
worker_processes auto;
worker_rlimit_nofile 100000;
pid {folder}/nginx.pid;
error_log {folder}/error.log error;
events {{ worker_connections 32768; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  nchan_max_reserved_memory 256M;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /ws {{ nchan_subscriber websocket; nchan_channel_id r; nchan_message_buffer_length 2000; nchan_subscriber_first_message newest; }}
    location = /pub {{ nchan_publisher websocket; nchan_channel_id r; nchan_message_buffer_length 2000; }}
  }}
}}
"""


def nchan(processes, connections):
    modules = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
    if not modules.exists():
        raise NotAvailable("libnginx-mod-nchan is not installed")
    port = free_port()
    configuration = processes.folder / "nginx.conf"
    processes.folder.chmod(0o755)
    configuration.write_text(NCHAN.format(folder=processes.folder, port=port).replace("modules/ngx", str(modules.parent) + "/ngx"))
    process = processes.start(
        [program("nginx", "/usr/sbin/nginx"), "-p", processes.folder, "-c", configuration, "-e", processes.folder / "error.log"])
    processes.ready(process, port)
    return ["--port", port]


SERVERS = [
    Server("floor-send", "C, one send a delivery", floor("send"), floor=True, native=True),
    Server("floor-writev", "C, one writev a batch", floor("writev"), floor=True, native=True),
    Server("gateway", "Gateway, ephemeral events", embedded(), ours=True),
    Server("gateway-stored", "Gateway, stored and acked", embedded(ephemeral=False), ours=True, publishing=True),
    Server("gateway-tls", "Gateway, TLS", embedded(tls=True), ours=True),
    Server("gateway-redis", "Gateway, Redis, 1 node", through_redis(1), ours=True),
    Server("gateway-redis3", "Gateway, Redis, 3 nodes", through_redis(3), ours=True),
    Server("gateway-redis-stored", "Gateway, Redis, 1 node, stored", through_redis(1, ephemeral=False), ours=True, publishing=True),
    Server("gateway-redis3-stored", "Gateway, Redis, 3 nodes, stored", through_redis(3, ephemeral=False), ours=True, publishing=True),
    Server("signalr", "SignalR, JSON, a group", signalr),
    Server("socketio", "Socket.IO 4.8", node("socketio.mjs", "--protocol", "socketio")),
    Server("ws", "ws (Node), framed once", node("ws.mjs")),
    Server("mosquitto", "mosquitto, MQTT over WebSocket", mosquitto, native=True),
    Server("nats", "NATS over WebSocket", nats, native=True),
    Server("nchan", "nginx + nchan", nchan, native=True),
]

BY_NAME = {server.name: server for server in SERVERS}
