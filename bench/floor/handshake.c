/* RFC 6455, section 4.2.2: the key with the known suffix, hashed, in Base64. */
#define _GNU_SOURCE
#include "handshake.h"

#include "sha1.h"

#include <stdio.h>
#include <string.h>

static void base64(const unsigned char *in, int length, char *out)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	int at = 0;
	for (int i = 0; i < length; i += 3) {
		unsigned group = (unsigned)in[i] << 16 | (i + 1 < length ? (unsigned)in[i + 1] << 8 : 0) | (i + 2 < length ? in[i + 2] : 0);
		out[at++] = alphabet[group >> 18];
		out[at++] = alphabet[group >> 12 & 63];
		out[at++] = i + 1 < length ? alphabet[group >> 6 & 63] : '=';
		out[at++] = i + 2 < length ? alphabet[group & 63] : '=';
	}
	out[at] = 0;
}

int handshake_answer(const char *head, char *out)
{
	const char *key = strcasestr(head, "\r\nSec-WebSocket-Key:");
	char text[128], accept[32];
	unsigned char digest[20];
	if (!key)
		return 0;
	key += strlen("\r\nSec-WebSocket-Key:");
	key += strspn(key, " ");
	int length = (int)strcspn(key, " \r");
	if (length > 40)
		return 0;
	int all = snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", length, key);
	sha1(text, (size_t)all, digest);
	base64(digest, 20, accept);
	return sprintf(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
}
