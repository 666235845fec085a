/* A JSON schema of the configuration, for editors. Library pt_config. */
#ifndef PT_CONFIG_SCHEMA_H
#define PT_CONFIG_SCHEMA_H

/* Draft 7, made from the key table. The caller frees the text; NULL: no memory. Thread:
 * safe. */
char *pt_config_schema(void);

#endif
