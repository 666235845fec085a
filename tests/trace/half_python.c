/* An "interpreter" that has one of the functions that the tracer needs and no other,
 * for test_preload.py. */
#include <stdio.h>

void Py_InitializeFromConfig(void);

void Py_InitializeFromConfig(void)
{
}

int main(void)
{
    puts("not traced");
    return 0;
}
