#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth.h"

static struct pt_auth make(bool open)
{
    struct pt_auth auth;
    struct pt_error error;
    assert_int_equal(pt_auth_create(open, "login.cluster", &auth, &error), PT_OK);
    return auth;
}

static void only_the_whole_token_opens(void **state)
{
    (void)state;
    struct pt_auth auth = make(false);
    char other[PT_AUTH_TOKEN + 2];

    assert_int_equal(strlen(auth.token), PT_AUTH_TOKEN);
    assert_int_equal(
        strspn(auth.token,
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        PT_AUTH_TOKEN);
    assert_true(pt_auth_token_ok(&auth, auth.token));
    assert_false(pt_auth_token_ok(&auth, NULL));
    assert_false(pt_auth_token_ok(&auth, ""));
    for (size_t i = 0; i < PT_AUTH_TOKEN; i++) {
        memcpy(other, auth.token, PT_AUTH_TOKEN + 1);
        other[i] = other[i] == 'A' ? 'B' : 'A';
        assert_false(pt_auth_token_ok(&auth, other));
        other[i] = '\0';
        assert_false(pt_auth_token_ok(&auth, other));
    }
    memcpy(other, auth.token, PT_AUTH_TOKEN);
    memcpy(other + PT_AUTH_TOKEN, "A", 2);
    assert_false(pt_auth_token_ok(&auth, other));
}

static void two_tokens_differ_and_so_do_their_cookies(void **state)
{
    (void)state;
    struct pt_auth a = make(false), b = make(false);
    assert_string_not_equal(a.token, b.token);
    assert_string_not_equal(a.cookie, b.cookie);
    assert_null(strstr(a.cookie, a.token));
}

static void an_open_server_asks_nothing(void **state)
{
    (void)state;
    struct pt_auth auth = make(true);
    assert_true(pt_auth_token_ok(&auth, NULL));
}

static void hosts_are_addresses_or_names_of_this_machine(void **state)
{
    (void)state;
    struct pt_auth auth = make(false);
    char own[256] = "";
    static const char *const good[] = {
        "127.0.0.1",  "127.0.0.1:8050", "localhost:1",    "LOCALHOST",
        "[::1]:8050", "[fe80::1]",      "192.168.1.7:80", "login.cluster:8050"};
    static const char *const bad[] = {"",
                                      ":80",
                                      "evil.example",
                                      "evil.example:8050",
                                      "localhost.evil.example",
                                      "[::1",
                                      "[::1]x",
                                      "127.0.0.1.evil.example",
                                      "[evil]:80"};

    for (size_t i = 0; i < PT_ARRAY_LENGTH(good); i++)
        assert_true(pt_auth_host_ok(&auth, good[i]));
    for (size_t i = 0; i < PT_ARRAY_LENGTH(bad); i++)
        assert_false(pt_auth_host_ok(&auth, bad[i]));
    assert_false(pt_auth_host_ok(&auth, NULL));
    assert_int_equal(gethostname(own, sizeof own - 1), 0);
    assert_true(pt_auth_host_ok(&auth, own));
}

static void an_origin_is_the_host_itself_or_absent(void **state)
{
    (void)state;
    assert_true(pt_auth_origin_ok(NULL, "localhost:8050"));
    assert_true(pt_auth_origin_ok("http://localhost:8050", "localhost:8050"));
    assert_false(pt_auth_origin_ok("http://localhost:8051", "localhost:8050"));
    assert_false(pt_auth_origin_ok("http://evil.example", "localhost:8050"));
    assert_false(pt_auth_origin_ok("null", "localhost:8050"));
    assert_false(pt_auth_origin_ok("http://localhost:8050", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_whole_token_opens),
        cmocka_unit_test(two_tokens_differ_and_so_do_their_cookies),
        cmocka_unit_test(an_open_server_asks_nothing),
        cmocka_unit_test(hosts_are_addresses_or_names_of_this_machine),
        cmocka_unit_test(an_origin_is_the_host_itself_or_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
