#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "clients.h"

static struct pt_clients clients;

static bool is_shut(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void slow_requests_and_slow_answers_are_ended(void **state)
{
    int asks[2], takes[2], quick[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, asks), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, takes), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, quick), 0);
    pt_clients_init(&clients);
    (void)pt_clients_enter(&clients, asks[0], 100);
    struct pt_client *taking = pt_clients_enter(&clients, takes[0], 100);
    struct pt_client *served = pt_clients_enter(&clients, quick[0], 100);
    assert_int_equal(pt_clients_count(&clients), 3);
    pt_clients_turn(&clients, taking, true, 101);
    pt_clients_turn(&clients, served, true, 101);
    pt_clients_turn(&clients, served, false, 120);

    pt_clients_end_slow(&clients, 100 + PT_CLIENTS_ASK_S);
    assert_false(is_shut(asks[1]));
    pt_clients_end_slow(&clients, 101 + PT_CLIENTS_ASK_S);
    assert_true(is_shut(asks[1]));
    assert_false(is_shut(takes[1]) || is_shut(quick[1]));
    pt_clients_turn(&clients, served, true, 140);
    pt_clients_end_slow(&clients, 102 + PT_CLIENTS_TAKE_S);
    assert_true(is_shut(takes[1]));
    assert_false(is_shut(quick[1]));
    pt_clients_leave(&clients, served);
    assert_int_equal(pt_clients_count(&clients), 2);
    pt_clients_end_slow(&clients, 1000000);
    assert_false(is_shut(quick[1])); /* it has left: the socket may be another's */
    for (int i = 0; i < 2; i++) {
        close(asks[i]);
        close(takes[i]);
        close(quick[i]);
    }
}

static void there_are_so_many_places(void **state)
{
    struct pt_client *last = NULL;
    (void)state;
    pt_clients_init(&clients);
    for (int i = 0; i < PT_CLIENTS_MOST; i++)
        assert_non_null(last = pt_clients_enter(&clients, -1, 0));
    assert_null(pt_clients_enter(&clients, -1, 0));
    pt_clients_leave(&clients, last);
    assert_ptr_equal(pt_clients_enter(&clients, -1, 0), last);
    pt_clients_leave(&clients, NULL);
    pt_clients_turn(&clients, NULL, true, 0);
    assert_int_equal(pt_clients_count(&clients), PT_CLIENTS_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_requests_and_slow_answers_are_ended),
        cmocka_unit_test(there_are_so_many_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
