/* Templates: unescaped once at start, filled for each connection and each event. */
#define _GNU_SOURCE
#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void give_up(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static char unescaped(const char **at, const char *end)
{
	char kind = *(*at)++;
	switch (kind) {
	case 'r': return '\r';
	case 'n': return '\n';
	case 't': return '\t';
	case 'x':
		if (end - *at >= 2) {
			char hex[3] = { (*at)[0], (*at)[1], 0 };
			*at += 2;
			return (char)strtol(hex, NULL, 16);
		}
		return kind;
	default: return kind;
	}
}

struct text text_of(const char *escaped, int length)
{
	struct text text = { malloc((size_t)length + 1), 0 };
	const char *at = escaped, *end = escaped + length;
	while (at < end) {
		char c = *at++;
		text.bytes[text.length++] = c == '\\' && at < end ? unescaped(&at, end) : c;
	}
	text.bytes[text.length] = 0;
	return text;
}

struct step step_of(const char *written)
{
	const char *arrow = strstr(written, "=>");
	if (!arrow)
		give_up("a step is EXPECT=>SEND: %s", written);
	return (struct step){ text_of(written, (int)(arrow - written)), text_of(arrow + 2, (int)strlen(arrow + 2)) };
}

void script_add(struct script *script, const char *written)
{
	if (script->count == MAX_STEPS)
		give_up("more than %d steps", MAX_STEPS);
	script->steps[script->count++] = step_of(written);
}

static int put(char *out, int at, const char *bytes, int length)
{
	if (at + length > MAX_TEXT)
		give_up("a filled text is longer than %d bytes", MAX_TEXT);
	memcpy(out + at, bytes, (size_t)length);
	return at + length;
}

static int put_number(char *out, int at, uint32_t number)
{
	char digits[16];
	return put(out, at, digits, snprintf(digits, sizeof digits, "%u", number));
}

static int put_hole(char kind, const struct filling *with, char *out, int at)
{
	switch (kind) {
	case 'i': return put_number(out, at, with->connection);
	case 'r': return put_number(out, at, with->room);
	case 'n': return put_number(out, at, with->event);
	case 'L': return put_number(out, at, (uint32_t)with->payload.length);
	case 'P': return put(out, at, with->payload.bytes, with->payload.length);
	case 'l': return with->line ? put(out, at, with->line, (int)strlen(with->line)) : at;
	default: return put(out, at, &kind, 1);
	}
}

int text_fill(const struct text *template, const struct filling *with, char *out)
{
	int at = 0;
	for (int i = 0; i < template->length; i++) {
		if (template->bytes[i] == '%' && i + 1 < template->length)
			at = put_hole(template->bytes[++i], with, out, at);
		else
			at = put(out, at, template->bytes + i, 1);
	}
	return at;
}

int text_in(const struct text *text, const char *bytes, int length)
{
	return text->length == 0 || memmem(bytes, (size_t)length, text->bytes, (size_t)text->length) != NULL;
}
