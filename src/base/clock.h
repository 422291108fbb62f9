#pragma once
/* Time. The engine never reads the clock: it gets now_us as an argument. Only serve, cli and the job runner call
 * clock_now_us. Instants are microseconds since 1970 UTC; dates are days since 1970-01-01.
 *
 * The clock of the process is the machine's, or one that was set (--clock) for a test or a demonstration: all that is written
 * then bears its moments. Waiting, timeouts and the log keep to the machine's.
 */
#include "base/err.h"

#define US_PER_SECOND 1000000LL
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
#define DATE_NONE INT64_MIN /* no date, no instant, no number: the "empty" of integer-stored values */

int64_t clock_now_us(void);
int64_t clock_mono_us(void); /* for measuring only */
int64_t clock_machine_us(void); /* for the log only, which is read beside those of other programs */
/* It is us now, and time goes on from there as fast as ever, whoever turns the machine's clock. Before threads are made. */
void clock_set(int64_t us);
bool clock_is_set(void);

struct civil {
    int year, month, day; /* proleptic Gregorian; month and day from 1 */
    int hour, minute, second, micro;
};
int64_t civil_days(int year, int month, int day);
struct civil civil_from_days(int64_t days);
int civil_weekday(int64_t days); /* 1 Monday .. 7 Sunday (ISO 8601) */
int civil_days_in_month(int year, int month);
bool civil_valid(int year, int month, int day); /* years 1 to 9999 */

/* RFC 3339: "2026-11-21", "2026-11-21T08:30:00Z", offsets and fractions; whole string. */
bool date_parse(struct str s, int64_t *days);
bool instant_parse(struct str s, int64_t *us);
struct str date_text(struct arena *arena, int64_t days);
struct str instant_text(struct arena *arena, int64_t us); /* "2026-11-21T08:30:00.000000Z", no fraction if zero */
size_t instant_write(char *dst, int64_t us);              /* same into dst (32 bytes at least), length back */
size_t date_write(char *dst, int64_t days);

/* Durations as the manual writes them: 30m, 24h, 3d, 2w, "2 business days", "4 business hours". */
struct duration {
    int64_t us;            /* plain durations */
    int64_t business_days; /* or this */
    int64_t business_us;   /* or this */
};
bool duration_parse(struct str s, struct duration *out);
struct str duration_text(struct arena *arena, struct duration d); /* "24 hours", "2 business days" */

/* Time zones, read from the system's TZif files (RFC 8536) once and kept for the life of the process. */
struct zone;
/* "Europe/Berlin", "UTC". Fails: settings.invalid for names that do not exist (or try to leave the folder). */
MUST_USE struct err *zone_find(struct arena *arena, struct str name, const struct zone **out);
const struct zone *zone_utc(void);
/* Every zone people live in, as the machine's zone.tab lists them, by name; none where that file is missing. */
struct zone_place {
    struct str country; /* ISO 3166: "DE" */
    struct str name;    /* "Europe/Berlin" */
};
size_t zone_places(struct arena *arena, struct zone_place **out);
/* The country of one of them; empty if it is not listed ("UTC"). */
struct str zone_country(struct arena *arena, struct str name);
/* The zone this machine is set to: TZ, /etc/timezone, or where /etc/localtime leads; "UTC" if none of them names one. */
struct str zone_of_machine(struct arena *arena);
struct str zone_name(const struct zone *zone);
int32_t zone_offset_s(const struct zone *zone, int64_t us);
struct civil zone_civil(const struct zone *zone, int64_t us);
/* "Monday, 2 March 2026, 14:00": for people; what machines read is instant_text. */
struct str moment_words(struct arena *arena, const struct zone *zone, int64_t us);
int64_t zone_date(const struct zone *zone, int64_t us);
/* Local to UTC. A time that does not exist (spring) moves forward by the gap; one that exists twice is the first. */
int64_t zone_instant(const struct zone *zone, int64_t days, int64_t us_of_day);
