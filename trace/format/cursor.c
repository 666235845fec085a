/* Walks the records of a decoded block, and decodes those of skeleton and values. */
#include <inttypes.h>

#include "base/bytes.h"
#include "format/reader.h"
#include "format/record.h"

static bool is_known(uint16_t type)
{
    return type >= PT_RECORD_META && type <= PT_RECORD_FOOTER;
}

enum pt_status pt_trace_cursor_next(struct pt_trace_cursor *cursor,
                                    struct pt_error *error)
{
    uint64_t offset = cursor->offset;

    if (cursor->record)
        offset += cursor->record_bytes;
    while (offset < cursor->bytes) {
        if (offset % 8 || cursor->bytes - offset < PT_RECORD_HEADER_BYTES)
            return pt_error_set(error, PT_E_DAMAGED,
                                "no record can start at byte %" PRIu64 " of a block",
                                offset);
        const unsigned char *p = cursor->body + offset;
        uint32_t bytes = pt_get32(p + PT_RECORD_LENGTH);
        if (bytes < PT_RECORD_HEADER_BYTES || bytes % 8 ||
            bytes > cursor->bytes - offset)
            return pt_error_set(error, PT_E_DAMAGED,
                                "the record at byte %" PRIu64
                                " of a block cannot have %" PRIu32 " bytes",
                                offset, bytes);
        cursor->offset = offset;
        cursor->type = pt_get16(p + PT_RECORD_TYPE);
        cursor->flags = pt_get16(p + PT_RECORD_FLAGS);
        cursor->record_bytes = bytes;
        cursor->record = p;
        if (is_known(cursor->type))
            return PT_OK;
        if (cursor->flags & PT_RECORD_CRITICAL)
            return pt_error_set(error, PT_E_VERSION,
                                "holds records of type %u, which this program does "
                                "not know: use a newer pytracer",
                                cursor->type);
        offset += bytes;
    }
    return PT_E_MISSING;
}

static enum pt_status check_record(const struct pt_trace_cursor *cursor, uint16_t type,
                                   uint32_t least, struct pt_error *error)
{
    if (cursor->type == type && cursor->record_bytes >= least)
        return PT_OK;
    return pt_error_set(error, PT_E_DAMAGED,
                        "the record at byte %" PRIu64 " of a block has type %u and "
                        "%" PRIu32 " bytes where type %u was expected",
                        cursor->offset, cursor->type, cursor->record_bytes, type);
}

enum pt_status pt_trace_enter_decode(const struct pt_trace_cursor *cursor,
                                     struct pt_trace_enter *enter,
                                     struct pt_error *error)
{
    enum pt_status status =
        check_record(cursor, PT_RECORD_ENTER, PT_ENTER_BYTES, error);
    if (status == PT_OK)
        pt_record_get_enter(cursor->record, enter);
    return status;
}

enum pt_status pt_trace_exit_decode(const struct pt_trace_cursor *cursor,
                                    struct pt_trace_exit *exit, struct pt_error *error)
{
    enum pt_status status = check_record(cursor, PT_RECORD_EXIT, PT_EXIT_BYTES, error);
    if (status == PT_OK)
        pt_record_get_exit(cursor->record, exit);
    return status;
}

static enum pt_status misfit(const struct pt_trace_cursor *cursor, const char *what,
                             struct pt_error *error)
{
    return pt_error_set(error, PT_E_DAMAGED,
                        "the value at byte %" PRIu64 " of a block %s", cursor->offset,
                        what);
}

/* Numbers that are stored whole have as many bytes as their elements; a sample is of
 * whole elements, and no more than there are. */
static bool sizes_agree(const struct pt_trace_value *value)
{
    uint64_t bytes;

    if (value->kind != PT_VALUE_NUMBERS || value->storage == PT_STORAGE_NONE)
        return true;
    if (value->storage == PT_STORAGE_SAMPLE)
        return value->item_bytes > 0 && value->data_bytes % value->item_bytes == 0 &&
               value->data_bytes / value->item_bytes <= value->n_elements;
    return !__builtin_mul_overflow(value->n_elements, (uint64_t)value->item_bytes,
                                   &bytes) &&
           bytes == value->data_bytes;
}

enum pt_status pt_trace_value_decode(const struct pt_trace_cursor *cursor,
                                     struct pt_trace_value *value, const void **data,
                                     struct pt_error *error)
{
    const unsigned char *p = cursor->record;
    enum pt_status status =
        check_record(cursor, PT_RECORD_VALUE, PT_VALUE_BYTES, error);

    *data = NULL;
    if (status != PT_OK)
        return status;
    pt_record_get_value_fixed(p, value);
    uint32_t tail = PT_VALUE_BYTES + 8 * (uint32_t)value->ndim;
    if (value->ndim > PT_TRACE_MAX_DIMENSIONS || tail > cursor->record_bytes)
        return misfit(cursor, "has too many dimensions", error);
    pt_record_get_value_shape(p, value);
    uint32_t left = cursor->record_bytes - tail;
    switch (value->storage) {
    case PT_STORAGE_NONE:
        break;
    case PT_STORAGE_INLINE:
        if (value->data_bytes > left)
            return misfit(cursor, "is longer than its record", error);
        *data = p + tail;
        break;
    case PT_STORAGE_PAYLOAD:
    case PT_STORAGE_SAMPLE:
        if (left < 8)
            return misfit(cursor, "has no room for its reference", error);
        value->payload = pt_get64(p + tail);
        if (!(cursor->flags & PT_VALUE_HAS_SUMMARY))
            break;
        if (left < 8 + PT_SUMMARY_BYTES)
            return misfit(cursor, "has no room for its summary", error);
        value->has_summary = true;
        pt_record_get_summary(p + tail + 8, &value->summary);
        break;
    default:
        return misfit(cursor, "is stored in an unknown way", error);
    }
    if (!sizes_agree(value))
        return misfit(cursor, "has data that do not fit its elements", error);
    return PT_OK;
}
