#include "json.h"

#include <stdlib.h>
#include <string.h>

static void skip_space(json_t *json) {
  while (json->at < json->end && strchr(" \t\r\n", *json->at) != NULL) json->at++;
}

static uint8_t take(json_t *json) {
  if (json->at == json->end) __builtin_trap();
  return *json->at++;
}

char json_peek(json_t *json) {
  skip_space(json);
  if (json->at == json->end) __builtin_trap();
  return (char)*json->at;
}

void json_enter(json_t *json) {
  json_peek(json);
  json->at++;
}

bool json_next(json_t *json) {
  char next = json_peek(json);
  if (next == ',') json->at++;
  if (next == '}' || next == ']') json->at++;
  return next != '}' && next != ']';
}

static uint32_t hex4(json_t *json) {
  uint32_t value = 0;
  for (int digit = 0; digit < 4; digit++) {
    uint8_t c = take(json);
    value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// What follows `\u`: one code point, two units of it where one is not enough.
static uint32_t escaped(json_t *json) {
  uint32_t high = hex4(json);
  if (high < 0xD800 || high > 0xDBFF) return high;
  if (take(json) != '\\' || take(json) != 'u') __builtin_trap();
  return 0x10000 + ((high - 0xD800) << 10) + (hex4(json) - 0xDC00);
}

static size_t put_utf8(uint8_t *to, uint32_t c) {
  if (c < 0x80) {
    to[0] = (uint8_t)c;
    return 1;
  }
  size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, c >>= 6) to[i] = (uint8_t)(0x80 | (c & 0x3F));
  to[0] = (uint8_t)((0xF00 >> length) | c);
  return length;
}

policy_string_t json_text(json_t *json) {
  if (json_peek(json) != '"') __builtin_trap();
  json->at++;
  // An escape is never shorter than what it stands for.
  policy_string_t text = {malloc((size_t)(json->end - json->at) + 1), 0};
  if (text.ptr == NULL) __builtin_trap();
  for (uint8_t c = take(json); c != '"'; c = take(json)) {
    if (c != '\\') {
      text.ptr[text.len++] = c;
      continue;
    }
    c = take(json);
    switch (c) {
      case 'b': c = '\b'; break;
      case 'f': c = '\f'; break;
      case 'n': c = '\n'; break;
      case 'r': c = '\r'; break;
      case 't': c = '\t'; break;
      case 'u': text.len += put_utf8(text.ptr + text.len, escaped(json)); continue;
      default: break;
    }
    text.ptr[text.len++] = c;
  }
  return text;
}

policy_string_t json_key(json_t *json) {
  policy_string_t key = json_text(json);
  if (json_peek(json) != ':') __builtin_trap();
  json->at++;
  return key;
}

double json_number(json_t *json) {
  char digits[64] = {0};
  json_peek(json);
  for (size_t i = 0; json->at < json->end && strchr("+-.eE0123456789", *json->at) != NULL; i++) {
    if (i + 1 == sizeof digits) __builtin_trap();
    digits[i] = (char)*json->at++;
  }
  return strtod(digits, NULL);
}

void json_skip(json_t *json) {
  size_t depth = 0;
  do {
    char next = json_peek(json);
    if (next == '"') {
      policy_string_t text = json_text(json);
      policy_string_free(&text);
      continue;
    }
    if (next == '{' || next == '[') depth++;
    if (next == '}' || next == ']') depth--;
    json->at++;
    // A number or a word has no inside; the rest of it comes with the following turns.
    while (depth == 0 && json->at < json->end && strchr(",]} \t\r\n", *json->at) == NULL) json->at++;
  } while (depth > 0);
}
