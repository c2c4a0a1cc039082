/* The protocols of the servers that are compared, said in steps. All of them join one room, topic or subject "r". */
#include "options.h"

#include <stdio.h>
#include <string.h>

static void paths(struct options *o, const char *path, const char *publish_path)
{
	if (!o->path)
		o->path = path;
	if (!o->publish_path)
		o->publish_path = publish_path;
}

static void publish(struct options *o, const char *template)
{
	if (!o->publish.bytes)
		o->publish = text_of(template, (int)strlen(template));
}

static void signalr(struct options *o)
{
	paths(o, "/hub", "/hub");
	script_add(&o->script, "=>{\"protocol\":\"json\",\"version\":1}\\x1e");
	script_add(&o->script, "{}=>{\"type\":1,\"invocationId\":\"7\",\"target\":\"Join\",\"arguments\":[\"r\"]}\\x1e");
	script_add(&o->script, "\"invocationId\":\"7\"=>");
	script_add(&o->publish_script, "=>{\"protocol\":\"json\",\"version\":1}\\x1e");
	script_add(&o->publish_script, "{}=>");
	publish(o, "{\"type\":1,\"target\":\"Publish\",\"arguments\":[\"r\",\"%P\"]}\\x1e");
}

static void socket_io(struct options *o)
{
	paths(o, "/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=4&transport=websocket");
	script_add(&o->script, "0{=>40");
	script_add(&o->script, "40{=>420[\"join\",\"r\"]");
	script_add(&o->script, "430=>");
	script_add(&o->publish_script, "0{=>40");
	script_add(&o->publish_script, "40{=>");
	publish(o, "42[\"publish\",\"r\",\"%P\"]");
}

static void nats(struct options *o)
{
	const char *hello = "INFO =>CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\\r\\nPING\\r\\n";
	paths(o, "/", "/");
	o->binary = true;
	script_add(&o->script, "INFO =>CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\\r\\nSUB r 1\\r\\nPING\\r\\n");
	script_add(&o->script, "PONG=>");
	script_add(&o->publish_script, hello);
	script_add(&o->publish_script, "PONG=>");
	publish(o, "PUB r %L\\r\\n%P\\r\\n");
}

/* MQTT 3.1.1: an empty client id, a clean session, no keep-alive; quality of service 0. */
static void mqtt(struct options *o)
{
	const char *hello = "=>\\x10\\x0c\\x00\\x04MQTT\\x04\\x02\\x00\\x00\\x00\\x00";
	char template[64];
	int rest = o->payload_bytes + 3;
	paths(o, "/mqtt", "/mqtt");
	o->binary = true;
	o->subprotocol = "mqtt";
	script_add(&o->script, hello);
	script_add(&o->script, "\\x20\\x02=>\\x82\\x06\\x00\\x01\\x00\\x01r\\x00");
	script_add(&o->script, "\\x90\\x03=>");
	script_add(&o->publish_script, hello);
	script_add(&o->publish_script, "\\x20\\x02=>");
	if (rest < 128)
		snprintf(template, sizeof template, "\\x30\\x%02x\\x00\\x01r%%P", rest);
	else
		snprintf(template, sizeof template, "\\x30\\x%02x\\x%02x\\x00\\x01r%%P", (rest & 127) | 128, rest >> 7);
	publish(o, template);
}

void preset_apply(struct options *o)
{
	if (!strcmp(o->protocol, "signalr"))
		signalr(o);
	else if (!strcmp(o->protocol, "socketio"))
		socket_io(o);
	else if (!strcmp(o->protocol, "nats"))
		nats(o);
	else if (!strcmp(o->protocol, "mqtt"))
		mqtt(o);
	else if (strcmp(o->protocol, "raw"))
		give_up("unknown protocol %s", o->protocol);
	paths(o, "/ws", o->path && !strcmp(o->protocol, "raw") ? o->path : "/pub");
	publish(o, "%P");
}
