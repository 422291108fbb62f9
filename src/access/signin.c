/* Signing in, sessions, API tokens, the audit trail.
 *
 * Throttling counts failures by account and address together: guessing from one place slows that place down, and never
 * the person the account belongs to, who comes from another. A try is counted before the password is looked at, so that
 * many at once cannot all slip through, and forgotten when it succeeds. Counting is the one write of a refused request.
 */
#include "access/access_impl.h"

#include "access/access.sql.h"
#include "base/limits.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"

#include <sodium.h>

enum { FREE_TRIES = 5, DELAY_SHIFT_MAX = 10 }; /* the sixth try waits 1 s, then 2 s, 4 s ... 17 minutes */
#define ATTEMPTS_FORGOTTEN_US US_PER_DAY
#define EMAIL_BYTES_MAX 320

/* What unknown names are compared with, so that they take as long as known ones: argon2id with the same limits. */
static const char nobodys_hash[] = "$argon2id$v=19$m=65536,t=2,p=1$pq7pd/eUEXp/qTdCYPqQyA"
                                   "$Mx9X4Rn5idCQ2l4rSPTDkIFLYrSilREyH56P24dukE0";

struct token_hash token_hash(struct str token)
{
    struct token_hash h;

    crypto_generichash(h.bytes, sizeof h.bytes, (const unsigned char *)token.ptr, token.len, NULL, 0);
    return h;
}

struct str token_hash_hex(struct arena *arena, struct token_hash hash)
{
    char *hex = arena_alloc(arena, 2 * TOKEN_BYTES + 1);

    sodium_bin2hex(hex, 2 * TOKEN_BYTES + 1, hash.bytes, sizeof hash.bytes);
    return (struct str){hex, 2 * TOKEN_BYTES};
}

struct str token_make(struct arena *arena, const char *prefix)
{
    unsigned char raw[TOKEN_BYTES];
    char text[sodium_base64_ENCODED_LEN(TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    struct str token;

    access_crypto_init();
    randombytes_buf(raw, sizeof raw);
    sodium_bin2base64(text, sizeof text, raw, sizeof raw, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    token = str_fmt(arena, "%s%s", prefix, text);
    sodium_memzero(raw, sizeof raw);
    sodium_memzero(text, sizeof text);
    return token;
}

struct str shortened(struct arena *arena, struct str s, size_t max)
{
    char *copy;

    if (s.len > max) {
        s.len = max;
        while (s.len && (s.ptr[s.len] & 0xC0) == 0x80)
            s.len--;
    }
    if (utf8_valid(s))
        return s.ptr ? s : STR("");
    copy = arena_alloc(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = (s.ptr[i] >= 0x20 && s.ptr[i] < 0x7f) ? s.ptr[i] : '?';
    return (struct str){copy, s.len};
}

struct str account_key(struct arena *arena, struct str folded_email)
{
    return str_sub(hash_hex(arena, folded_email), 0, 32);
}

/* ---- throttle ---- */

struct sign_in {
    struct str fold, account, address, label, token;
    int64_t now_us, user_id, session_id;
    struct str hash;
    bool active, known;
    enum { TRY_LOOK, TRY_COUNT } phase;
};

/* How long after the last failure the next try is allowed. */
static int64_t delay_us(int64_t failures)
{
    int64_t over = failures - FREE_TRIES;

    if (over < 0)
        return 0;
    return US_PER_SECOND << (over > DELAY_SHIFT_MAX ? DELAY_SHIFT_MAX : over);
}

static struct err *too_soon(struct arena *arena, int64_t wait_us)
{
    int64_t s = (wait_us + US_PER_SECOND - 1) / US_PER_SECOND;
    struct err *e = FAIL(arena, ERR_TOO_MANY, "access.too_many_attempts", NULL,
                         "There were too many failed attempts from your address.");

    e->way_out = str_fmt(arena, "Wait %lld %s, then try again.", (long long)s, s == 1 ? "second" : "seconds");
    return e;
}

static struct err *attempt_check(struct tx *tx, const struct sign_in *in, int64_t *failures)
{
    struct stmt *st;
    int64_t last_us, next_us;
    bool row;

    *failures = 0;
    TRY(db_stmt(tx, &sql_sign_in_attempt_get, &st));
    db_bind_str(st, 1, in->account);
    db_bind_str(st, 2, in->address);
    TRY(db_step(st, &row));
    if (!row)
        return NULL;
    *failures = db_i64(st, 0);
    last_us = db_i64(st, 1);
    db_done(st);
    if (in->now_us - last_us > ATTEMPTS_FORGOTTEN_US)
        *failures = 0;
    next_us = last_us + delay_us(*failures);
    if (*failures >= FREE_TRIES && in->now_us < next_us)
        return too_soon(tx_arena(tx), next_us - in->now_us);
    return NULL;
}

static struct err *person_look(struct tx *tx, struct sign_in *in)
{
    struct person p;
    struct err *e = access_person_by_email(tx, in->fold, &p);
    struct stmt *st;
    bool row;

    if (e && e->kind == ERR_NOT_FOUND)
        return NULL;
    TRY(e);
    in->known = true;
    in->user_id = p.id;
    in->active = p.active;
    TRY(db_stmt(tx, &sql_credential_get, &st));
    db_bind_i64(st, 1, p.id);
    TRY(db_step(st, &row));
    if (row)
        in->hash = str_dup(tx_arena(tx), db_str(st, 0));
    db_done(st);
    return NULL;
}

static struct err *look(struct tx *tx, void *ctx)
{
    struct sign_in *in = ctx;
    int64_t failures;

    TRY(attempt_check(tx, in, &failures));
    return person_look(tx, in);
}

static struct err *count_try(struct tx *tx, void *ctx)
{
    struct sign_in *in = ctx;
    int64_t failures;
    struct stmt *st;

    TRY(attempt_check(tx, in, &failures));
    TRY(db_stmt(tx, &sql_sign_in_attempt_put, &st));
    db_bind_str(st, 1, in->account);
    db_bind_str(st, 2, in->address);
    db_bind_i64(st, 3, failures < INT32_MAX ? failures + 1 : failures);
    db_bind_i64(st, 4, in->now_us);
    return db_run(st, NULL);
}

static struct err *session_open(struct tx *tx, struct sign_in *in)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;

    in->token = token_make(arena, "fls_");
    in->session_id = id_new(in->now_us);
    TRY(db_stmt(tx, &sql_session_put, &st));
    db_bind_i64(st, 1, in->session_id);
    db_bind_i64(st, 2, in->user_id);
    db_bind_str(st, 3, token_hash_hex(arena, token_hash(in->token)));
    db_bind_i64(st, 4, in->now_us);
    db_bind_i64(st, 5, in->now_us + SESSION_ABSOLUTE_US);
    db_bind_str(st, 6, in->label);
    TRY(db_run(st, NULL));
    return audit_put(tx, in->user_id, "sign_in", 0, in->label, in->address, in->now_us);
}

static struct err *succeed(struct tx *tx, void *ctx)
{
    struct sign_in *in = ctx;
    struct stmt *st;

    TRY(db_stmt(tx, &sql_sign_in_attempt_forget, &st));
    db_bind_str(st, 1, in->account);
    db_bind_str(st, 2, in->address);
    TRY(db_run(st, NULL));
    return session_open(tx, in);
}

struct err *access_sign_in(struct db *db, struct arena *arena, const struct manual *m, struct str email, struct str password,
                           struct str address, struct str label, int64_t now_us, struct str *token, int64_t *user_id)
{
    struct sign_in in = {.now_us = now_us};
    bool matches = false;

    (void)m;
    *token = STR_NONE;
    *user_id = 0;
    access_crypto_init();
    in.fold = utf8_fold(arena, str_trim(str_sub(email, 0, EMAIL_BYTES_MAX)));
    in.account = account_key(arena, in.fold);
    in.address = shortened(arena, address, ADDRESS_BYTES_MAX);
    in.label = shortened(arena, label, LABEL_BYTES_MAX);
    TRY(db_read(db, arena, look, &in));
    TRY(db_write(db, arena, count_try, &in));
    TRY(password_verify(arena, in.hash.len ? in.hash : str_from(nobodys_hash),
                        password.len <= PASSWORD_BYTES_MAX ? password : STR(""), &matches));
    if (!matches || !in.known || !in.active || in.hash.len == 0 || password.len > PASSWORD_BYTES_MAX) {
        struct err *e = FAIL(arena, ERR_UNAUTHORIZED, "access.sign_in_failed", NULL, "Name and password do not match.");

        e->way_out = STR("Check the mail address and the password; the one who manages users can set a new one.");
        log_event(LOG_WARN, "sign_in_failed", "account", str_cstr(arena, in.account), NULL);
        return e;
    }
    TRY(db_write(db, arena, succeed, &in));
    *token = in.token;
    *user_id = in.user_id;
    return NULL;
}

/* ---- the demo ---- */

static const char demo_setting[] = "demo_sign_in";

static struct err *demo_get(struct tx *tx, bool *on)
{
    struct stmt *st;
    bool row;

    *on = false;
    TRY(db_stmt(tx, &sql_access_setting_get, &st));
    db_bind_str(st, 1, str_from(demo_setting));
    TRY(db_step(st, &row));
    if (row)
        *on = str_eq(db_str(st, 0), STR("on"));
    db_done(st);
    return NULL;
}

struct err *access_set_demo(struct tx *tx, bool on)
{
    struct stmt *st;
    bool now;

    TRY(demo_get(tx, &now));
    if (now == on)
        return NULL;
    TRY(db_stmt(tx, &sql_access_setting_put, &st));
    db_bind_str(st, 1, str_from(demo_setting));
    db_bind_str(st, 2, on ? STR("on") : STR("off"));
    return db_run(st, NULL);
}

static struct err *demo_open(struct tx *tx, void *ctx)
{
    struct sign_in *in = ctx;
    struct person p;
    bool on;
    struct err *e;

    TRY(demo_get(tx, &on));
    if (!on)
        return FAIL(tx_arena(tx), ERR_FORBIDDEN, "access.denied", NULL, "This is not a demonstration: sign in with a password.");
    e = access_person(tx, in->user_id, &p);
    if ((e && e->kind == ERR_NOT_FOUND) || (!e && !p.active))
        return FAIL(tx_arena(tx), ERR_UNAUTHORIZED, "access.sign_in_failed", NULL, "There is no such person in the demonstration.");
    TRY(e);
    return session_open(tx, in);
}

struct err *access_sign_in_demo(struct db *db, struct arena *arena, const struct manual *m, int64_t user_id, struct str label,
                                int64_t now_us, struct str *token)
{
    struct sign_in in = {.now_us = now_us, .user_id = user_id, .address = STR("")};

    (void)m;
    in.label = shortened(arena, label, LABEL_BYTES_MAX);
    *token = STR_NONE;
    TRY(db_write(db, arena, demo_open, &in));
    *token = in.token;
    return NULL;
}

/* ---- sessions ---- */

struct err *access_session_start(struct tx *tx, int64_t user_id, struct str address, struct str label, int64_t now_us,
                                 struct str *token)
{
    struct sign_in in = {.now_us = now_us, .user_id = user_id};

    in.address = shortened(tx_arena(tx), address, ADDRESS_BYTES_MAX);
    in.label = shortened(tx_arena(tx), label, LABEL_BYTES_MAX);
    TRY(session_open(tx, &in));
    *token = in.token;
    return NULL;
}

struct err *access_sign_out(struct tx *tx, int64_t session_id, int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_session_end, &st));
    db_bind_i64(st, 1, session_id);
    db_bind_i64(st, 2, now_us);
    TRY(db_run(st, NULL));
    access_touch(tx);
    return NULL;
}

struct err *access_sessions(struct tx *tx, int64_t user_id, struct session **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct session) v = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_session_list, &st));
    db_bind_i64(st, 1, user_id);
    db_bind_i64(st, 2, 0);
    db_bind_i64(st, 3, 0);
    for (;;) {
        struct session s;

        TRY(db_step(st, &row));
        if (!row)
            break;
        s.id = db_i64(st, db_col(st, "id"));
        s.user_id = db_i64(st, db_col(st, "user_id"));
        s.created_us = db_i64(st, db_col(st, "created_us"));
        s.seen_us = db_i64(st, db_col(st, "seen_us"));
        s.expires_us = db_i64(st, db_col(st, "expires_us"));
        s.label = str_dup(arena, db_str(st, db_col(st, "label")));
        VEC_PUSH(arena, v) = s;
    }
    *out = v.at;
    *n = v.n;
    return NULL;
}

struct err *access_end_session(struct tx *tx, int64_t user_id, int64_t session_id, int64_t now_us)
{
    struct stmt *st;
    int64_t changed;

    TRY(db_stmt(tx, &sql_session_end_one_of_user, &st));
    db_bind_i64(st, 1, session_id);
    db_bind_i64(st, 2, user_id);
    db_bind_i64(st, 3, now_us);
    TRY(db_run(st, &changed));
    if (!changed)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "record.not_found", NULL, "You have no such session, or it has ended.");
    access_touch(tx);
    return NULL;
}

struct err *access_end_sessions(struct tx *tx, int64_t user_id, int64_t except_session, int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_session_end_of_user, &st));
    db_bind_i64(st, 1, user_id);
    db_bind_i64(st, 2, except_session);
    db_bind_i64(st, 3, now_us);
    TRY(db_run(st, NULL));
    access_touch(tx);
    return NULL;
}

struct err *access_clean(struct tx *tx, int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_session_clean, &st));
    db_bind_i64(st, 1, now_us - 7 * US_PER_DAY);
    TRY(db_run(st, NULL));
    TRY(db_stmt(tx, &sql_sign_in_attempt_clean, &st));
    db_bind_i64(st, 1, now_us - ATTEMPTS_FORGOTTEN_US);
    return db_run(st, NULL);
}

/* ---- API tokens ---- */

struct err *access_token_create(struct tx *tx, int64_t user_id, struct str name, struct str role, int64_t expires_us,
                                int64_t now_us, struct str *token, int64_t *id)
{
    struct arena *arena = tx_arena(tx);
    struct stmt *st;

    access_crypto_init();
    name = str_trim(name);
    if (name.len == 0 || utf8_count(name) > 100)
        return FAIL(arena, ERR_INVALID, "record.field_required", "/name",
                    "A token needs a name of 1 to 100 characters that says what uses it.");
    if (expires_us && expires_us <= now_us)
        return FAIL(arena, ERR_INVALID, "record.field_invalid", "/expires_at", "The token would have expired already.");
    *token = token_make(arena, "flt_");
    *id = id_new(now_us);
    TRY(db_stmt(tx, &sql_api_token_put, &st));
    db_bind_i64(st, 1, *id);
    db_bind_i64(st, 2, user_id);
    db_bind_str(st, 3, token_hash_hex(arena, token_hash(*token)));
    db_bind_str(st, 4, name);
    db_bind_str(st, 5, role.len ? role : STR(""));
    db_bind_i64(st, 6, now_us);
    db_bind_i64(st, 7, expires_us);
    TRY(db_run(st, NULL));
    return audit_put(tx, user_id, "token_created", *id, name, STR(""), now_us);
}

struct err *access_tokens(struct tx *tx, int64_t user_id, struct api_token **out, size_t *n)
{
    struct arena *arena = tx_arena(tx);
    VEC(struct api_token) v = {0};
    struct stmt *st;
    bool row;

    TRY(db_stmt(tx, &sql_api_token_list, &st));
    db_bind_i64(st, 1, user_id);
    for (;;) {
        struct api_token t;

        TRY(db_step(st, &row));
        if (!row)
            break;
        t.id = db_i64(st, db_col(st, "id"));
        t.user_id = db_i64(st, db_col(st, "user_id"));
        t.created_us = db_i64(st, db_col(st, "created_us"));
        t.expires_us = db_i64(st, db_col(st, "expires_us"));
        t.used_us = db_i64(st, db_col(st, "used_us"));
        t.name = str_dup(arena, db_str(st, db_col(st, "name")));
        VEC_PUSH(arena, v) = t;
    }
    *out = v.at;
    *n = v.n;
    return NULL;
}

struct err *access_token_owner(struct tx *tx, int64_t token_id, int64_t *user_id)
{
    struct stmt *st;
    bool row;

    *user_id = 0;
    TRY(db_stmt(tx, &sql_api_token_owner, &st));
    db_bind_i64(st, 1, token_id);
    TRY(db_step(st, &row));
    if (!row)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "record.not_found", NULL, "There is no such token, or it was ended.");
    *user_id = db_i64(st, 0);
    db_done(st);
    return NULL;
}

struct err *access_token_end(struct tx *tx, int64_t token_id, int64_t now_us)
{
    struct stmt *st;
    int64_t changed;

    TRY(db_stmt(tx, &sql_api_token_end, &st));
    db_bind_i64(st, 1, token_id);
    db_bind_i64(st, 2, now_us);
    TRY(db_run(st, &changed));
    if (!changed)
        return FAIL(tx_arena(tx), ERR_NOT_FOUND, "record.not_found", NULL, "There is no such token, or it was ended.");
    access_touch(tx);
    return NULL;
}

/* ---- audit ---- */

struct err *audit_put(struct tx *tx, int64_t actor, const char *event, int64_t record_id, struct str detail, struct str address,
                      int64_t now_us)
{
    struct stmt *st;

    TRY(db_stmt(tx, &sql_audit_put, &st));
    db_bind_i64(st, 1, id_new(now_us));
    db_bind_i64(st, 2, now_us);
    db_bind_i64(st, 3, actor);
    db_bind_str(st, 4, str_from(event));
    db_bind_i64(st, 5, record_id);
    db_bind_str(st, 6, detail.ptr ? detail : STR(""));
    db_bind_str(st, 7, address.ptr ? address : STR(""));
    return db_run(st, NULL);
}

struct err *access_audit(struct tx *tx, const struct actor *a, const char *event, int64_t record_id, struct str detail,
                         int64_t now_us)
{
    return audit_put(tx, a->user_id, event, record_id, detail, STR(""), now_us);
}
