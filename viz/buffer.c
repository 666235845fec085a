#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pt_buffer_destroy(struct pt_buffer *buffer)
{
    free(buffer->data);
    memset(buffer, 0, sizeof *buffer);
}

void *pt_buffer_grow(struct pt_buffer *buffer, size_t bytes)
{
    if (buffer->failed || bytes > PT_BUFFER_LIMIT - buffer->n) {
        buffer->failed = true;
        return NULL;
    }
    if (!buffer->data || buffer->n + bytes > buffer->capacity) {
        size_t capacity = buffer->capacity ? buffer->capacity : 4096;
        while (capacity < buffer->n + bytes)
            capacity *= 2;
        char *data = realloc(buffer->data, capacity);
        if (!data) {
            buffer->failed = true;
            return NULL;
        }
        buffer->data = data;
        buffer->capacity = capacity;
    }
    void *room = buffer->data + buffer->n;
    buffer->n += bytes;
    return room;
}

void pt_buffer_add(struct pt_buffer *buffer, const void *data, size_t bytes)
{
    void *room = bytes ? pt_buffer_grow(buffer, bytes) : NULL;
    if (room)
        memcpy(room, data, bytes);
}

void pt_buffer_printf(struct pt_buffer *buffer, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0 || (size_t)n >= sizeof text)
        buffer->failed = true;
    else
        pt_buffer_add(buffer, text, (size_t)n);
}
