// Manners in C: words are covered, a peer pauses between two texts, a text ends somewhere.
// See ../README.md for the rule.
//
// What an export is given is its own to free; what it returns is freed by the bindings after the
// host has read it, so all of that comes from malloc.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "policy.h"

#define MOST_WORDS 16

static const char SETTINGS_SCHEMA[] =
    "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
    " \"title\": \"Settings of the policy manners\","
    " \"type\": \"object\","
    " \"additionalProperties\": false,"
    " \"properties\": {"
    "  \"words\": {"
    "   \"type\": \"array\","
    "   \"items\": {\"type\": \"string\", \"minLength\": 1, \"maxLength\": 32},"
    "   \"maxItems\": 16, \"default\": []},"
    "  \"cover\": {\"type\": \"string\", \"maxLength\": 8, \"default\": \"▇▇▇\"},"
    "  \"pause_ms\": {\"type\": \"integer\", \"minimum\": 0, \"maximum\": 3600000, \"default\": 0},"
    "  \"longest\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 2000, \"default\": 2000}}}";

static struct {
  policy_string_t words[MOST_WORDS];
  size_t count;
  policy_string_t cover;
  uint64_t pause_ms;
  uint64_t longest;
} settings;

// Memory, or the end of the call.
static void *room_for(void *former, size_t bytes) {
  void *room = realloc(former, bytes);
  if (room == NULL) __builtin_trap();
  return room;
}

static policy_string_t text(const char *bytes) {
  policy_string_t copy;
  policy_string_dup(&copy, bytes);
  return copy;
}

static bool equals(policy_string_t text, const char *word) {
  return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

// The code points of UTF-8: every byte but those that continue one.
static uint64_t characters(policy_string_t text) {
  uint64_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += (text.ptr[i] & 0xC0) != 0x80;
  return count;
}

void exports_policy_describe(policy_description_t *ret) {
  ret->name = text("manners");
  ret->version = text("0.1.0");
  ret->directions.ptr = room_for(NULL, sizeof *ret->directions.ptr);
  ret->directions.ptr[0] = OPENDIALOGUE_POLICY_TYPES_DIRECTION_INBOUND;
  ret->directions.len = 1;
  ret->may_pass_on_failure = true;
  ret->settings_schema = text(SETTINGS_SCHEMA);
  ret->notes.ptr = room_for(NULL, sizeof *ret->notes.ptr);
  ret->notes.ptr[0] = (opendialogue_policy_types_note_t){text("language"), text("c")};
  ret->notes.len = 1;
}

// ---- settings

static void complain(policy_list_setting_error_t *problems, const char *setting, const char *why) {
  problems->ptr = room_for(problems->ptr, (problems->len + 1) * sizeof *problems->ptr);
  problems->ptr[problems->len++] = (policy_setting_error_t){text(setting), text(why)};
}

// Takes a text of the given length; what is none is passed over.
static bool take_text(json_t *json, uint64_t least, uint64_t most, policy_string_t *taken) {
  if (json_peek(json) != '"') {
    json_skip(json);
    return false;
  }
  policy_string_t read = json_text(json);
  uint64_t length = characters(read);
  if (length < least || length > most) {
    policy_string_free(&read);
    return false;
  }
  policy_string_free(taken);
  *taken = read;
  return true;
}

// Takes a whole number, `10.0` too.
static bool take_whole(json_t *json, uint64_t least, uint64_t most, uint64_t *taken) {
  char first = json_peek(json);
  if (first != '-' && (first < '0' || first > '9')) {
    json_skip(json);
    return false;
  }
  double read = json_number(json);
  if (read < (double)least || read > (double)most || read != (double)(uint64_t)read) return false;
  *taken = (uint64_t)read;
  return true;
}

static void take_words(json_t *json, policy_list_setting_error_t *problems) {
  size_t index = 0;
  json_t list = *json;
  if (json_peek(&list) == '[') {
    for (json_enter(&list); json_next(&list); index++) json_skip(&list);
  } else {
    index = MOST_WORDS + 1;
  }
  if (index > MOST_WORDS) {
    complain(problems, "words", "must be a list of 16 texts at most");
    json_skip(json);
    return;
  }
  settings.count = 0;
  index = 0;
  for (json_enter(json); json_next(json); index++) {
    if (take_text(json, 1, 32, &settings.words[settings.count])) {
      settings.count++;
    } else {
      char place[16];
      snprintf(place, sizeof place, "words[%zu]", index);
      complain(problems, place, "must be a text of 1 to 32 characters");
    }
  }
}

bool exports_policy_configure(policy_string_t *settings_json, policy_list_setting_error_t *err) {
  settings.count = 0;
  policy_string_free(&settings.cover);
  settings.cover = text("▇▇▇");
  settings.pause_ms = 0;
  settings.longest = 2000;
  *err = (policy_list_setting_error_t){NULL, 0};

  json_t json = {settings_json->ptr, settings_json->ptr + settings_json->len};
  if (json_peek(&json) != '{') {
    complain(err, "settings", "must be a table");
    policy_string_free(settings_json);
    return false;
  }
  for (json_enter(&json); json_next(&json);) {
    policy_string_t key = json_key(&json);
    if (equals(key, "words")) {
      take_words(&json, err);
    } else if (equals(key, "cover")) {
      if (!take_text(&json, 0, 8, &settings.cover))
        complain(err, "cover", "must be a text of 8 characters at most");
    } else if (equals(key, "pause_ms")) {
      if (!take_whole(&json, 0, 3600000, &settings.pause_ms))
        complain(err, "pause_ms", "must be a whole number from 0 to 3600000");
    } else if (equals(key, "longest")) {
      if (!take_whole(&json, 1, 2000, &settings.longest))
        complain(err, "longest", "must be a whole number from 1 to 2000");
    } else {
      json_skip(&json);
      complain(err, "", "is no setting; there are `words`, `cover`, `pause_ms` and `longest`");
      policy_string_t *setting = &err->ptr[err->len - 1].setting;
      policy_string_free(setting);
      policy_string_dup_n(setting, (const char *)key.ptr, key.len);
    }
    policy_string_free(&key);
  }
  policy_string_free(settings_json);
  return err->len == 0;
}

// ---- what is remembered of a peer: how many of its texts went on, and when the last one did

typedef struct {
  uint64_t texts;
  uint64_t last;
} past_t;

static past_t remembered(policy_string_t peer) {
  past_t past = {0, 0};
  policy_list_u8_t key = {peer.ptr, peer.len};
  policy_list_u8_t value;
  if (!opendialogue_policy_state_get(&key, &value)) return past;
  char digits[48] = {0};
  memcpy(digits, value.ptr, value.len < sizeof digits ? value.len : sizeof digits - 1);
  char *rest;
  past.texts = strtoull(digits, &rest, 10);
  past.last = strtoull(rest, NULL, 10);
  policy_list_u8_free(&value);
  return past;
}

static void remember(policy_string_t peer, past_t past) {
  char digits[48];
  int length = snprintf(digits, sizeof digits, "%" PRIu64 " %" PRIu64, past.texts, past.last);
  policy_list_u8_t key = {peer.ptr, peer.len};
  policy_list_u8_t value = {(uint8_t *)digits, (size_t)length};
  opendialogue_policy_state_set_error_t why;
  if (!opendialogue_policy_state_set(&key, &value, &why)) {
    policy_string_t line;
    policy_string_set(&line, "nothing more can be remembered");
    opendialogue_policy_log_write(OPENDIALOGUE_POLICY_LOG_LEVEL_WARN, &line);
  }
}

// ---- judging

typedef struct {
  policy_string_t text;
  size_t room;
} buffer_t;

static void append(buffer_t *buffer, const uint8_t *bytes, size_t length) {
  if (length == 0) return;
  if (buffer->text.len + length > buffer->room) {
    buffer->room = (buffer->text.len + length) * 2;
    buffer->text.ptr = room_for(buffer->text.ptr, buffer->room);
  }
  memcpy(buffer->text.ptr + buffer->text.len, bytes, length);
  buffer->text.len += length;
}

static void annotate(policy_decision_t *ret, const char *key, policy_string_t value) {
  opendialogue_policy_types_list_annotation_t *list = &ret->annotations;
  list->ptr = room_for(list->ptr, (list->len + 1) * sizeof *list->ptr);
  list->ptr[list->len++] = (opendialogue_policy_types_annotation_t){text(key), value};
}

// The first of the settings' words that stands at the beginning of the bytes, or their number.
static size_t word_at(const uint8_t *at, size_t left) {
  size_t word = 0;
  for (; word < settings.count; word++) {
    policy_string_t one = settings.words[word];
    if (one.len <= left && memcmp(at, one.ptr, one.len) == 0) break;
  }
  return word;
}

// A word is whole code points, and so is the text: no word begins within one.
static void cover(policy_string_t content, policy_decision_t *ret) {
  bool found[MOST_WORDS] = {false};
  buffer_t covered = {{NULL, 0}, 0};
  for (size_t at = 0; at < content.len;) {
    size_t word = word_at(content.ptr + at, content.len - at);
    if (word == settings.count) {
      append(&covered, content.ptr + at, 1);
      at += 1;
    } else {
      found[word] = true;
      append(&covered, settings.cover.ptr, settings.cover.len);
      at += settings.words[word].len;
    }
  }
  buffer_t names = {{NULL, 0}, 0};
  for (size_t word = 0; word < settings.count; word++) {
    if (!found[word]) continue;
    if (names.text.len > 0) append(&names, (const uint8_t *)", ", 2);
    append(&names, settings.words[word].ptr, settings.words[word].len);
  }
  if (names.text.len == 0) {
    policy_string_free(&covered.text);
    return;
  }
  annotate(ret, "covered", names.text);
  ret->verdict.tag = OPENDIALOGUE_POLICY_TYPES_VERDICT_REWRITE;
  ret->verdict.val.rewrite = covered.text;
}

static void judge(const policy_message_t *message, policy_decision_t *ret) {
  char words[160];
  uint64_t length = characters(message->content);
  if (length > settings.longest) {
    snprintf(words, sizeof words, "%" PRIu64 " characters; at most %" PRIu64 " are taken", length,
             settings.longest);
    ret->verdict.tag = OPENDIALOGUE_POLICY_TYPES_VERDICT_REJECT;
    ret->verdict.val.reject = (opendialogue_policy_types_rejection_t){
        .code = text("too_long"), .reason = text(words), .retry_after_ms = {.is_some = false}};
    return;
  }

  uint64_t now = opendialogue_policy_time_now();
  past_t past = remembered(message->from);
  uint64_t until = past.last + settings.pause_ms;
  if (past.texts > 0 && now < until && !message->released) {
    snprintf(words, sizeof words,
             "%" PRIu64 " ms after the one before; the pause is %" PRIu64 " ms", now - past.last,
             settings.pause_ms);
    ret->verdict.tag = OPENDIALOGUE_POLICY_TYPES_VERDICT_HOLD;
    ret->verdict.val.hold = (opendialogue_policy_types_hold_t){
        .code = text("too_soon"), .reason = text(words), .until = {.is_some = true, .val = until}};
    return;
  }

  past = (past_t){past.texts + 1, now};
  remember(message->from, past);
  snprintf(words, sizeof words, "%" PRIu64, past.texts);
  annotate(ret, "texts", text(words));
  cover(message->content, ret);
}

void exports_policy_evaluate(policy_message_t *message, policy_decision_t *ret) {
  *ret = (policy_decision_t){.verdict = {.tag = OPENDIALOGUE_POLICY_TYPES_VERDICT_PASS}};
  if (message->kind == OPENDIALOGUE_POLICY_TYPES_KIND_TEXT) judge(message, ret);
  policy_message_free(message);
}
