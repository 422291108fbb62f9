/* Starts a server and says how long it took from exec to the first answer of 200: a tight loop of connect and ask, so
 * that nothing but the server is measured.
 *
 *   first PORT PATH TOKEN PROGRAM [ARGUMENT ...]      prints milliseconds; the server is stopped again
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One connection, one request: true if the answer begins with 200. */
static bool asks(int port, const char *request)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char answer[16] = "";
    bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && write(fd, request, strlen(request)) > 0 &&
              read(fd, answer, sizeof answer - 1) > 0 && strncmp(answer + 9, "200", 3) == 0;

    close(fd);
    return ok;
}

int main(int argc, char **argv)
{
    const struct timespec pause = {.tv_nsec = 200 * 1000};
    char request[1024];
    double from;
    pid_t child;
    int port;

    if (argc < 5) {
        fputs("first PORT PATH TOKEN PROGRAM [ARGUMENT ...]\n", stderr);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    port = atoi(argv[1]);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n", argv[2],
             argv[3]);
    from = now_ms();
    child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(127);
        execv(argv[4], argv + 4);
        _exit(127);
    }
    while (!asks(port, request)) {
        int status = 0;

        if (waitpid(child, &status, WNOHANG) == child || now_ms() - from > 20000) {
            fprintf(stderr, "first: no answer after %.0f ms; wait status of the server: 0x%x\n", now_ms() - from, status);
            kill(child, SIGKILL);
            return 1;
        }
        nanosleep(&pause, NULL);
    }
    printf("%.1f\n", now_ms() - from);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return 0;
}
