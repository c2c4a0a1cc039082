/* TLS by OpenSSL where its headers are there (built with -DWITH_TLS). Certificates are not verified: the server is our own. */
#include "tls.h"

#include "script.h"

#ifdef WITH_TLS
#include <openssl/ssl.h>

static SSL_CTX *context;

void *tls_open(int fd)
{
	if (!context) {
		context = SSL_CTX_new(TLS_client_method());
		SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	}
	SSL *ssl = SSL_new(context);
	SSL_set_fd(ssl, fd);
	SSL_set_connect_state(ssl);
	return ssl;
}

void tls_close(void *tls) { SSL_free(tls); }

static int outcome(SSL *ssl, int result)
{
	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE: return TLS_AGAIN;
	case SSL_ERROR_ZERO_RETURN: return 0;
	default: return TLS_FAILED;
	}
}

int tls_handshake(void *tls, bool *wants_write)
{
	int result = SSL_do_handshake(tls);
	*wants_write = result != 1 && SSL_want_write((SSL *)tls);
	return result == 1 ? 1 : outcome(tls, result) == TLS_AGAIN ? TLS_AGAIN : TLS_FAILED;
}

int tls_read(void *tls, char *into, int capacity)
{
	int result = SSL_read(tls, into, capacity);
	return result > 0 ? result : outcome(tls, result);
}

int tls_write(void *tls, const char *from, int length)
{
	int result = SSL_write(tls, from, length);
	return result > 0 ? result : outcome(tls, result) == TLS_AGAIN ? TLS_AGAIN : TLS_FAILED;
}

#else

void *tls_open(int fd)
{
	(void)fd;
	give_up("built without OpenSSL's headers: no TLS");
}

void tls_close(void *tls) { (void)tls; }
int tls_handshake(void *tls, bool *wants_write) { (void)tls; (void)wants_write; return TLS_FAILED; }
int tls_read(void *tls, char *into, int capacity) { (void)tls; (void)into; (void)capacity; return TLS_FAILED; }
int tls_write(void *tls, const char *from, int length) { (void)tls; (void)from; (void)length; return TLS_FAILED; }

#endif
