/* The client's side of TLS over a non-blocking socket. Without OpenSSL's headers everything here fails and says so. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

enum { TLS_AGAIN = -1, TLS_FAILED = -2 };

void *tls_open(int fd);
void tls_close(void *tls);

/* 1 done, TLS_AGAIN, TLS_FAILED; `wants_write` says what to wait for. */
int tls_handshake(void *tls, bool *wants_write);

/* Bytes, 0 at the end, TLS_AGAIN, TLS_FAILED. */
int tls_read(void *tls, char *into, int capacity);
int tls_write(void *tls, const char *from, int length);
