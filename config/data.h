/* The defaults that are data: config/data/ embedded in the library. NUL-terminated,
 * static storage. Library pt_config. */
#ifndef PT_DATA_H
#define PT_DATA_H

extern const char pt_data_default_json[];
extern const char pt_data_exclude[];

#endif
