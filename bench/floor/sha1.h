/* SHA-1 of a short text, for the one answer that a WebSocket handshake owes. */
#pragma once
#include <stddef.h>

void sha1(const char *text, size_t length, unsigned char digest[20]);
