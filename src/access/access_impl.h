#pragma once
/* What the files of this room share. */
#include "access/access.h"

#define TOKEN_BYTES 32
#define TOKEN_TEXT_BYTES_MAX 128   /* ours have 47; longer ones are not looked at */
#define ACCESS_CHANNEL "access.changed"
#define LABEL_BYTES_MAX 120
#define ADDRESS_BYTES_MAX 64

struct token_hash {
    unsigned char bytes[TOKEN_BYTES];
};

/* BLAKE2b-256 of the token's text. */
struct token_hash token_hash(struct str token);
struct str token_hash_hex(struct arena *arena, struct token_hash hash);
/* prefix and 256 random bits in base64url. */
struct str token_make(struct arena *arena, const char *prefix);
/* libsodium, once. */
void access_crypto_init(void);

/* The hash is argon2id in the text form of libsodium. Waits its turn: at most two at a time, a bounded queue.
 * Fails: access.too_many_attempts if the queue is full. */
MUST_USE struct err *password_verify(struct arena *arena, struct str hash, struct str password, bool *matches);

/* As actor_load, cut down to one role if role is not empty. */
MUST_USE struct err *actor_load_as(struct tx *tx, const struct manual *m, int64_t user_id, enum channel_via via,
                                   struct str role, struct actor **out);
/* A set as stored: terms enclosed in U+001F. */
void set_split(struct arena *arena, struct str set, struct str **out, size_t *n);
/* The account's key in sign_in_attempt. */
struct str account_key(struct arena *arena, struct str folded_email);
MUST_USE struct err *audit_put(struct tx *tx, int64_t actor, const char *event, int64_t record_id, struct str detail,
                               struct str address, int64_t now_us);
/* At most max bytes, cut between code points; bytes that are no UTF-8 become '?'. */
struct str shortened(struct arena *arena, struct str s, size_t max);
