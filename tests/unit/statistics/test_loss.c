#include "fixture.h"

#include <math.h>

#include "statistics/loss.h"

enum { N = 5 };

static struct pt_stat_plan *plan;

static int make_plan(void **state)
{
    struct pt_stat_options options = pt_stat_options_default();

    (void)state;
    plan = pt_test_plan(&options, N);
    return 0;
}

static int drop_plan(void **state)
{
    (void)state;
    pt_stat_plan_destroy(plan);
    return 0;
}

static struct pt_loss_value input(double digits)
{
    return (struct pt_loss_value){.digits = digits, .n_runs = N, .precision = 53};
}

static struct pt_loss_value output(double digits)
{
    struct pt_loss_value value = input(digits);

    value.is_output = true;
    return value;
}

static struct pt_loss_call call_of(const struct pt_loss_value *values, size_t n)
{
    struct pt_loss_call call;

    pt_loss_call(plan, values, n, &call);
    return call;
}

static void least_input_against_least_output(void **state)
{
    const struct pt_loss_value values[] = {input(40), output(20), input(30),
                                           output(25)};
    struct pt_loss_call call = call_of(values, 4);

    (void)state;
    assert_true(call.in == 30 && call.out == 20 && call.lost == 10);
    assert_true(call.has_float_input && call.output_varies && !call.not_finite);
}

static void gained_digits_are_not_a_negative_loss(void **state)
{
    const struct pt_loss_value values[] = {input(10), output(30)};

    (void)state;
    assert_true(call_of(values, 2).lost == 0);
}

static void inputs_that_do_not_vary_count_as_the_limit(void **state)
{
    struct pt_loss_value values[] = {input(50.8), output(30)};
    struct pt_loss_call call;
    double limit = pt_stat_limit(plan, N, 53);

    (void)state;
    values[0].flags = PT_STAT_NO_VARIATION;
    values[0].digits = 1; /* must not count */
    call = call_of(values, 2);
    assert_true(call.in == limit && call.lost == limit - 30);
    assert_true(call.has_float_input);
}

static void conversion_to_a_shorter_type_is_not_a_loss(void **state)
{
    struct pt_loss_value values[] = {input(50), output(0)};
    struct pt_loss_call call;

    (void)state;
    values[1].precision = 24;
    values[1].digits = pt_stat_limit(plan, N, 24);
    values[1].flags = PT_STAT_NO_VARIATION;
    call = call_of(values, 2);
    assert_true(call.in == values[1].digits && call.lost == 0 && !call.output_varies);
}

static void no_float_output_leaves_the_loss_undefined(void **state)
{
    const struct pt_loss_value values[] = {input(50), output(NAN)};
    struct pt_loss_call none = call_of(NULL, 0), call = call_of(values, 2);

    (void)state;
    assert_true(isnan(none.in) && isnan(none.out) && isnan(none.lost));
    assert_true(isnan(call.out) && isnan(call.lost) && isnan(call.self_lost));
}

static void not_finite_is_charged_where_it_appears(void **state)
{
    struct pt_loss_value values[] = {input(50), output(0)};

    (void)state;
    values[1].flags = PT_STAT_PARTLY_FINITE;
    assert_true(call_of(values, 2).not_finite);
    assert_true(call_of(values, 2).lost == 50);
    values[0].flags = PT_STAT_PARTLY_FINITE;
    assert_false(call_of(values, 2).not_finite);
}

/*  main      in 50, out 10     self: min(50, 50, 12) − 10 = 2
 *  ├─ scale  in 50, out 50     self: 0
 *  └─ solve  in 50, out 12     self: min(50, 12) − 12 = 0
 *     └─ sub in 50, out 12     self: 38, the culprit */
static void callers_do_not_inherit_the_loss_of_their_callees(void **state)
{
    const struct pt_loss_value of_main[] = {input(50), output(10)};
    const struct pt_loss_value of_scale[] = {input(50), output(50)};
    const struct pt_loss_value of_solve[] = {input(50), output(12)};
    const struct pt_loss_value of_sub[] = {input(50), output(12)};
    struct pt_loss_call calls[] = {call_of(of_sub, 2), call_of(of_main, 2),
                                   call_of(of_scale, 2), call_of(of_solve, 2)};
    const int64_t parent[] = {3, -1, 1, 1};

    (void)state;
    pt_loss_attribute(calls, parent, 4);
    assert_true(calls[0].self_lost == 38);
    assert_true(calls[1].self_lost == 2);
    assert_true(calls[2].self_lost == 0);
    assert_true(calls[3].self_lost == 0);
    assert_true(calls[1].lost == 40 && calls[3].lost == 38);
}

static void callees_without_digits_do_not_matter(void **state)
{
    const struct pt_loss_value of_main[] = {input(50), output(10)};
    struct pt_loss_call calls[] = {call_of(of_main, 2), call_of(NULL, 0)};
    const int64_t parent[] = {-1, 0};

    (void)state;
    pt_loss_attribute(calls, parent, 2);
    assert_true(calls[0].self_lost == 40);
    assert_true(isnan(calls[1].self_lost));
}

static void function_takes_medians_and_the_worst(void **state)
{
    const double losses[] = {1, 8, 3};
    struct pt_loss_call calls[4] = {{.in = 0}};
    const struct pt_loss_call *pointers[4];
    struct pt_loss_function function;
    double scratch[4];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct pt_loss_value values[] = {input(40), output(40 - losses[i])};

        calls[i] = call_of(values, 2);
        pointers[i] = &calls[i];
    }
    calls[3] = call_of(NULL, 0); /* undefined: left out */
    pointers[3] = &calls[3];
    pt_loss_function(pointers, 4, scratch, &function);
    assert_true(function.lost == 3 && function.self_lost == 3);
    assert_true(function.self_lost_max == 8);
    assert_true(function.digits_in == 40 && function.digits_out == 37);
    assert_int_equal(function.flags, 0);
    pt_loss_function(pointers + 3, 1, scratch, &function);
    assert_true(isnan(function.lost) && isnan(function.self_lost_max));
}

static void varying_output_without_float_input_is_a_source(void **state)
{
    const struct pt_loss_value values[] = {output(20)};
    struct pt_loss_call call = call_of(values, 1);
    const struct pt_loss_call *pointer = &call;
    struct pt_loss_function functions[2] = {{.rank = 7}, {.rank = 7}};
    const char *names[] = {"random", "b"};
    struct pt_error error;
    double scratch;

    (void)state;
    pt_loss_function(&pointer, 1, &scratch, &functions[0]);
    assert_int_equal(functions[0].flags, PT_LOSS_SOURCE);
    functions[1] = (struct pt_loss_function){.self_lost = 1, .self_lost_max = 1};
    assert_int_equal(pt_loss_rank(functions, names, 2, &error), PT_OK);
    assert_int_equal(functions[0].rank, 0);
    assert_int_equal(functions[1].rank, 1);
}

static void rank_is_by_median_then_worst_then_name(void **state)
{
    struct pt_loss_function functions[] = {{.self_lost = 1, .self_lost_max = 9},
                                           {.self_lost = 5, .self_lost_max = 5},
                                           {.self_lost = 1, .self_lost_max = 30},
                                           {.self_lost = 1, .self_lost_max = 9},
                                           {.self_lost = NAN, .self_lost_max = NAN}};
    const char *names[] = {"z", "m", "y", "a", "n"};
    const uint32_t expected[] = {4, 1, 2, 3, 0};
    struct pt_error error;

    (void)state;
    assert_int_equal(pt_loss_rank(functions, names, 5, &error), PT_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(functions[i].rank, expected[i]);
    }
}

static void median_leaves_undefined_out(void **state)
{
    double odd[] = {3, NAN, 1, 2}, even[] = {4, 1, 3, 2}, none[] = {NAN};

    (void)state;
    assert_true(pt_stat_median(odd, 4) == 2);
    assert_true(pt_stat_median(even, 4) == 2.5);
    assert_true(isnan(pt_stat_median(none, 1)));
    assert_true(isnan(pt_stat_median(none, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(least_input_against_least_output),
        cmocka_unit_test(gained_digits_are_not_a_negative_loss),
        cmocka_unit_test(inputs_that_do_not_vary_count_as_the_limit),
        cmocka_unit_test(conversion_to_a_shorter_type_is_not_a_loss),
        cmocka_unit_test(no_float_output_leaves_the_loss_undefined),
        cmocka_unit_test(not_finite_is_charged_where_it_appears),
        cmocka_unit_test(callers_do_not_inherit_the_loss_of_their_callees),
        cmocka_unit_test(callees_without_digits_do_not_matter),
        cmocka_unit_test(function_takes_medians_and_the_worst),
        cmocka_unit_test(varying_output_without_float_input_is_a_source),
        cmocka_unit_test(rank_is_by_median_then_worst_then_name),
        cmocka_unit_test(median_leaves_undefined_out),
    };

    return cmocka_run_group_tests(tests, make_plan, drop_plan);
}
