/* The answer to a WebSocket upgrade. */
#pragma once

/* Writes the 101 for the request `head` into `out` (at least 256 bytes) and returns its length; 0 where there is no key. */
int handshake_answer(const char *head, char *out);
