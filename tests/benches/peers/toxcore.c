/* Two toxcore clients in one process, on loopback: how long they take to connect, and a message from one to the other.
 *
 * Usage: toxcore MESSAGES PAUSE_US|own
 *
 * PAUSE_US is how long each client rests between two turns of its loop, microseconds; "own" stands for what toxcore itself asks
 * for (tox_iteration_interval). Prints one line "connect SECONDS", then a line "message SECONDS" for each message: from
 * handing it to toxcore until the other client's callback. One at a time; nothing is stored. Before each the sender rests for
 * a while that differs: sent at once after the last had come, it would come in the same turn of the other's loop, and
 * nobody writes in step with a loop.
 *
 * Both know each other's key and address beforehand, as friends do who have talked before. Built and run by
 * tests/benches/toxcore.rs where libtoxcore-dev is installed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tox/tox.h>

#define CONNECT_LIMIT_S 120
#define MESSAGE_LIMIT_S 10
#define LONGEST_REST_US 60000
#define FIRST_PORT 33445
#define LAST_PORT 33945

/* What both loops tell the one that measures. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static int online;
static unsigned long received;
static double received_at;
static bool stopping;

/* How long a loop rests, microseconds; negative for what toxcore asks for. */
static long pause_us;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    fprintf(stderr, "toxcore: %s\n", what);
    exit(1);
}

static void on_connection(Tox *tox, uint32_t friend_number, Tox_Connection status, void *user) {
    (void)tox, (void)friend_number, (void)user;
    pthread_mutex_lock(&lock);
    online += status == TOX_CONNECTION_NONE ? -1 : 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void on_message(Tox *tox, uint32_t friend_number, Tox_Message_Type type, const uint8_t *text, size_t length,
                       void *user) {
    double now = seconds();
    (void)tox, (void)friend_number, (void)type, (void)text, (void)length, (void)user;
    pthread_mutex_lock(&lock);
    received_at = now;
    received += 1;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static bool is_stopping(void) {
    pthread_mutex_lock(&lock);
    bool stop = stopping;
    pthread_mutex_unlock(&lock);
    return stop;
}

static void rest(long rest_us) {
    struct timespec time = {rest_us / 1000000, rest_us % 1000000 * 1000};
    nanosleep(&time, NULL);
}

/* One client's loop. */
static void *turn(void *client) {
    Tox *tox = client;
    while (!is_stopping()) {
        tox_iterate(tox, NULL);
        long rest_us = pause_us < 0 ? (long)tox_iteration_interval(tox) * 1000 : pause_us;
        if (rest_us == 0)
            sched_yield();
        else
            rest(rest_us);
    }
    return NULL;
}

/* Waits until something is so; false when the limit is over first. */
static bool wait_until(bool (*is_so)(unsigned long), unsigned long wanted, double limit_s) {
    double until = seconds() + limit_s;
    struct timespec at = {(time_t)until, (long)((until - (double)(time_t)until) * 1e9)};
    pthread_mutex_lock(&lock);
    bool so = is_so(wanted);
    while (!so && pthread_cond_timedwait(&changed, &lock, &at) == 0) so = is_so(wanted);
    pthread_mutex_unlock(&lock);
    return so;
}

static bool are_online(unsigned long clients) { return online >= (int)clients; }

static bool has_received(unsigned long messages) { return received >= messages; }

/* A client that only looks where it is told to. The main thread sends while its loop runs, so it locks by itself. */
static Tox *client(void) {
    struct Tox_Options *options = tox_options_new(NULL);
    if (options == NULL) fail("no memory for options");
    tox_options_set_local_discovery_enabled(options, false);
    tox_options_set_experimental_thread_safety(options, true);
    tox_options_set_start_port(options, FIRST_PORT);
    tox_options_set_end_port(options, LAST_PORT);
    Tox *tox = tox_new(options, NULL);
    tox_options_free(options);
    if (tox == NULL) fail("no client could be made");
    return tox;
}

/* Makes two clients known to each other and to each other's network. */
static uint32_t befriend(Tox *from, Tox *to) {
    uint8_t key[TOX_PUBLIC_KEY_SIZE], dht[TOX_PUBLIC_KEY_SIZE];
    tox_self_get_public_key(to, key);
    uint32_t friend_number = tox_friend_add_norequest(from, key, NULL);
    if (friend_number == UINT32_MAX) fail("no friend could be added");
    tox_self_get_dht_id(to, dht);
    if (!tox_bootstrap(from, "127.0.0.1", tox_self_get_udp_port(to, NULL), dht, NULL)) fail("no bootstrap");
    tox_callback_friend_connection_status(from, on_connection);
    return friend_number;
}

static void send_messages(Tox *from, uint32_t friend_number, unsigned long messages) {
    uint32_t chance = 1;
    for (unsigned long number = 0; number < messages; number++) {
        /* The same rests in each run (Numerical Recipes' generator). */
        chance = chance * 1664525u + 1013904223u;
        rest((long)(chance >> 8) % LONGEST_REST_US);
        char text[64];
        int length = snprintf(text, sizeof text, "message number %lu, as long as most", number);
        double begun = seconds();
        if (tox_friend_send_message(from, friend_number, TOX_MESSAGE_TYPE_NORMAL, (const uint8_t *)text, (size_t)length,
                                    NULL) == 0)
            fail("a message was not taken");
        if (!wait_until(has_received, number + 1, MESSAGE_LIMIT_S)) fail("a message did not arrive");
        /* Nothing more comes until the next is sent. */
        printf("message %.9f\n", received_at - begun);
    }
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: toxcore MESSAGES PAUSE_US|own");
    unsigned long messages = strtoul(arguments[1], NULL, 10);
    pause_us = strcmp(arguments[2], "own") == 0 ? -1 : strtol(arguments[2], NULL, 10);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &monotonic);

    double begun = seconds();
    Tox *ann = client(), *ben = client();
    uint32_t ben_number = befriend(ann, ben);
    befriend(ben, ann);
    tox_callback_friend_message(ben, on_message);
    pthread_t loops[2];
    if (pthread_create(&loops[0], NULL, turn, ann) || pthread_create(&loops[1], NULL, turn, ben)) fail("no threads");
    if (!wait_until(are_online, 2, CONNECT_LIMIT_S)) fail("the clients did not connect");
    printf("connect %.9f\n", seconds() - begun);

    send_messages(ann, ben_number, messages);
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_mutex_unlock(&lock);
    pthread_join(loops[0], NULL);
    pthread_join(loops[1], NULL);
    tox_kill(ann);
    tox_kill(ben);
    return 0;
}
