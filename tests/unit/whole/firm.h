#pragma once
/* A firm that works by the starter manual, with a clock that stands where the test puts it: struct company of the engine's
 * tests, its people in the roles that ship. */
#include "unit/work/company.h"

/* 2026-03-02, a Monday, 09:00 in New York, where the starter manual's calendar is. */
#define OPENING (MONDAY_9 + 5 * HOUR)

/* The starter manual alone, published: no people, no records. */
struct company *firm_empty(const char *const *modes);
/* Policies that are not in modes stay off. modes: "policy/lead-assigned", "fix", ..., NULL; or NULL. */
struct company *firm_open(const char *const *modes);
/* Switches policies, and sets a key of a page's front matter; published with company_publish. */
void firm_set_modes(struct company *c, const char *const *modes);
void firm_set_key(struct company *c, const char *path, const char *key, const char *value);
/* Days from one day to another, as offsets from 2026-03-02. */
void firm_absence(struct company *c, int64_t user, int from, int to, int64_t cover);
/* The person's day, an explanation, ... as JSON, kept in the fixture's arena. */
struct str firm_policies(struct company *c, int64_t user);
struct str firm_who(struct company *c, const char *escalation, int64_t record, int64_t at_us);
struct str firm_metric(struct company *c, const char *name);
int64_t firm_escalate(struct company *c, int64_t user, const char *escalation, int64_t record, const char *note);
struct err *firm_acknowledge(struct company *c, int64_t user, int64_t escalation, const char *note);
