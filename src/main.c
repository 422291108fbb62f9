/* fairlead: start-up on one page. The rooms are joined here; everything else happens in cli/. */
#include "cli/cli.h"
#include "work/work.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a peer that hangs up is an error of one write, not of the process */
    if (sodium_init() < 0) {
        fputs("fairlead: no source of random numbers on this machine\n", stderr);
        return 70;
    }
    work_install(); /* record and manual call the engine through hooks: they do not know it */
    return cli_main(argc, argv);
}
