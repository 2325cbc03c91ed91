// A reader for the settings, item by item. The host writes the JSON, so it is taken as well formed:
// whatever is not ends the call, and the policy has failed.
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

#include "policy.h"

typedef struct {
  const uint8_t *at;
  const uint8_t *end;
} json_t;

// The first character of the next value: one of { [ " t f n, or that of a number.
char json_peek(json_t *json);

// Goes into the object or list that comes next.
void json_enter(json_t *json);

// Whether another item of it follows; past the last one it is left.
bool json_next(json_t *json);

// Takes a text, which is the caller's to free; the key of an object with its colon.
policy_string_t json_text(json_t *json);
policy_string_t json_key(json_t *json);

// Takes a number.
double json_number(json_t *json);

// Passes over a value, whatever it is.
void json_skip(json_t *json);

#endif
