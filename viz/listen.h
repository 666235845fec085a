/* The socket to listen on. */
#ifndef PT_VIZ_LISTEN_H
#define PT_VIZ_LISTEN_H

#include "options.h"

/* Opens a listening socket as the options say; *port is 0 for a Unix socket.
 * PT_E_EXISTS: the port asked for, or the socket's path, is in use. */
PT_MUST_CHECK enum pt_status pt_listen(const struct pt_viz_options *options, int *fd,
                                       int *port, struct pt_error *error);

#endif
