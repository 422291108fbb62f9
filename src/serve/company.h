#pragma once
/* Creating a company: the command line (init, start) and the first-run page come through here.
 *
 * One transaction publishes the starter manual as version 1, saves the first administrator and opens their session; a
 * company is there whole or not at all. Nothing is enforced: policies come switched as the starter has them.
 * Setting "company" holds the firm's name.
 */
#include "serve/serve.h"

#define COMPANY_NAME_CHARS_MAX 120

struct company {
    struct str name;     /* of the firm; may be empty */
    struct str starter;  /* "b2b-sales" */
    struct str zone;     /* of the company calendar: "Europe/Berlin"; empty: the starter's. Its country becomes that of phone
                          * numbers without a country code; holidays of another country are left out. */
    struct str currency; /* ISO 4217, of amounts without one; empty: the starter's */
    struct str admin_name, admin_email;
    struct str password; /* empty: a password has to be set before anybody can sign in */
    enum channel_via via;
    bool session;             /* open one for the administrator */
    struct str address, label; /* of that session: the peer's address, the browser's name */
};
struct company_made {
    int64_t admin;   /* user id */
    struct str token; /* of the session; lives on arena */
    struct findings findings; /* of a starter manual that does not compile: a defect of this program */
};

/* What can be said about c without writing anything: every finding, with the field as pointer (/company, /starter, /zone,
 * /currency, /name, /email, /password). Fails: record.field_required, record.field_invalid, access.password_weak. */
MUST_USE struct err *company_check(struct arena *arena, const struct company *c);
/* company_check, then creates. Waits for the writer; never call it inside a transaction. Fails: company.exists. */
MUST_USE struct err *company_create(struct app *app, struct arena *arena, const struct company *c, int64_t now_us,
                                    struct company_made *out);
/* Is there a company in this database? Asks the live manual, not the database. */
bool company_exists(const struct app *app);
/* The firm's name; empty where none was given. */
MUST_USE struct err *company_name(struct app *app, struct arena *arena, struct str *out);

/* ISO 4217 codes in use, with their English names and the countries that pay with them; ends with code NULL. */
extern const struct currency {
    const char *code, *name;
    const char *countries; /* "AT BE CY ..." */
} currencies[];
/* What people in this country pay with; "USD" where that is not known. */
const char *currency_of_country(struct str country);
