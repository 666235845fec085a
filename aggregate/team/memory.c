#include "team/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "team/thread.h"

enum {
    LARGE_BYTES = 4 << 20,
    WATCH_BYTES = 48 << 20,
    WATCH_NS = 5000000,
    ROUND_BYTES = 1 << 16, /* pieces end at multiples of it: any page size */
    MOST_FILES = 48,       /* open at one time */
    FOLDER_BYTES = 4096,
    REASON_BYTES = 256
};

/* A large piece. fd −1: anonymous. */
struct piece {
    char *at;
    size_t bytes;
    int fd;
};

/* All below is guarded by `lock`; `running` and `watcher` belong to begin and end. */
static struct {
    pthread_mutex_t lock;
    struct piece *pieces;
    size_t n, room, n_files;
    uint64_t limit, anonymous, in_files, most_in_files;
    char folder[FOLDER_BYTES];
    char reason[REASON_BYTES];
    bool running, stop;
    pthread_t watcher;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER, .limit = UINT64_MAX};

/* ── the watcher ────────────────────────────────────────────────────────────────── */

/* Pages of files and shared memory that this process has in its resident set. */
static uint64_t shared_bytes(int statm)
{
    char text[128] = "";
    unsigned long long size, resident, shared;
    if (pread(statm, text, sizeof text - 1, 0) <= 0 ||
        sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3)
        return 0;
    return (uint64_t)shared * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Shared pages of a file stay in the page cache: whoever touches them gets them back.
 */
static void let_go(void)
{
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.n; i++)
        if (memory.pieces[i].fd >= 0)
            madvise(memory.pieces[i].at, memory.pieces[i].bytes, MADV_DONTNEED);
    pthread_mutex_unlock(&memory.lock);
}

static void *watch(void *unused)
{
    struct timespec pause = {.tv_nsec = WATCH_NS};
    int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    uint64_t before = statm < 0 ? 0 : shared_bytes(statm);
    bool stop = statm < 0;
    (void)unused;
    while (!stop) {
        nanosleep(&pause, NULL);
        if (shared_bytes(statm) > before + WATCH_BYTES)
            let_go();
        pthread_mutex_lock(&memory.lock);
        stop = memory.stop;
        pthread_mutex_unlock(&memory.lock);
    }
    if (statm >= 0)
        close(statm);
    return NULL;
}

/* Started with the first file. */
static void start_watcher(void)
{
    if (!memory.running)
        memory.running = pt_thread_start(&memory.watcher, watch, NULL);
}

void pt_memory_begin(const char *folder, uint64_t limit)
{
    snprintf(memory.folder, sizeof memory.folder, "%s", folder);
    memory.limit = limit;
    memory.stop = false;
}

void pt_memory_allow(uint64_t limit)
{
    pthread_mutex_lock(&memory.lock);
    memory.limit = limit;
    pthread_mutex_unlock(&memory.lock);
}

void pt_memory_end(void)
{
    pthread_mutex_lock(&memory.lock);
    memory.stop = true;
    memory.limit = UINT64_MAX;
    pthread_mutex_unlock(&memory.lock);
    if (memory.running)
        pthread_join(memory.watcher, NULL);
    memory.running = false;
}

/* ── pieces ─────────────────────────────────────────────────────────────────────── */

static void refuse(const char *what)
{
    snprintf(memory.reason, sizeof memory.reason, " (%.160s: %.80s)", what,
             strerror(errno));
}

/* A file that is gone when its last descriptor is closed. −1: none can be made. */
static int nameless_file(void)
{
    char name[FOLDER_BYTES + 32];
    int fd = open(memory.folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    snprintf(name, sizeof name, "%s/.pytracer-memory.XXXXXX", memory.folder);
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

/* Space is taken before it is used: a full disk is an answer here, and a signal there.
 */
static bool lengthen_file(int fd, size_t from, size_t to)
{
    int code = posix_fallocate(fd, (off_t)from, (off_t)(to - from));
    if (code == 0)
        return true;
    errno = code;
    refuse(memory.folder);
    return false;
}

static bool map_file(struct piece *piece)
{
    piece->fd = memory.n_files < MOST_FILES ? nameless_file() : -1;
    if (piece->fd < 0)
        return false;
    if (lengthen_file(piece->fd, 0, piece->bytes)) {
        piece->at =
            mmap(NULL, piece->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, piece->fd, 0);
        if (piece->at != MAP_FAILED)
            return true;
        refuse("no address space");
    }
    close(piece->fd);
    return false;
}

static bool map_anonymous(struct piece *piece)
{
    piece->fd = -1;
    piece->at = mmap(NULL, piece->bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (piece->at == MAP_FAILED) {
        refuse("no address space");
        return false;
    }
    madvise(piece->at, piece->bytes, MADV_HUGEPAGE);
    return true;
}

static void count(const struct piece *piece, bool more)
{
    uint64_t *sum = piece->fd < 0 ? &memory.anonymous : &memory.in_files;
    *sum += more ? piece->bytes : -(uint64_t)piece->bytes;
    if (piece->fd >= 0)
        memory.n_files += more ? 1 : (size_t)-1;
    if (memory.in_files > memory.most_in_files)
        memory.most_in_files = memory.in_files;
}

static bool make_piece(struct piece *piece)
{
    if (memory.anonymous + piece->bytes > memory.limit && map_file(piece)) {
        start_watcher();
        return true;
    }
    return map_anonymous(piece);
}

static void unmap(struct piece *piece)
{
    munmap(piece->at, piece->bytes);
    if (piece->fd >= 0)
        close(piece->fd);
}

static void *add_piece(size_t bytes)
{
    struct piece piece = {.bytes = bytes};
    if (memory.n == memory.room) {
        size_t room = memory.room * 2 + 16;
        struct piece *pieces = realloc(memory.pieces, room * sizeof *pieces);
        if (!pieces)
            return NULL;
        memory.pieces = pieces;
        memory.room = room;
    }
    if (!make_piece(&piece))
        return NULL;
    count(&piece, true);
    memory.pieces[memory.n++] = piece;
    return piece.at;
}

static struct piece *find_piece(const void *at)
{
    for (size_t i = memory.n; i-- > 0;)
        if (memory.pieces[i].at == at)
            return &memory.pieces[i];
    return NULL;
}

static size_t rounded(size_t bytes)
{
    return (bytes + ROUND_BYTES - 1) / ROUND_BYTES * ROUND_BYTES;
}

static size_t product(size_t n, size_t item_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, item_bytes, &bytes) || bytes > PTRDIFF_MAX / 2)
        return 0;
    return bytes ? bytes : 1;
}

void *pt_memory_get(size_t n, size_t item_bytes)
{
    size_t bytes = n && item_bytes ? product(n, item_bytes) : 1;
    if (bytes && bytes < LARGE_BYTES)
        return calloc(1, bytes);
    if (!bytes)
        return NULL;
    pthread_mutex_lock(&memory.lock);
    void *at = add_piece(rounded(bytes));
    pthread_mutex_unlock(&memory.lock);
    return at;
}

/* A large piece grows where it is, as long as it may stay what it is. */
static void *grow_piece(struct piece *piece, size_t bytes)
{
    bool may_stay =
        piece->fd >= 0 || memory.anonymous + (bytes - piece->bytes) <= memory.limit;
    if (!may_stay || (piece->fd >= 0 && !lengthen_file(piece->fd, piece->bytes, bytes)))
        return NULL;
    char *moved = mremap(piece->at, piece->bytes, bytes, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) {
        refuse("no address space");
        return NULL;
    }
    count(piece, false);
    piece->at = moved;
    piece->bytes = bytes;
    count(piece, true);
    return moved;
}

void *pt_memory_resize(void *old, size_t old_bytes, size_t n, size_t item_bytes)
{
    size_t bytes = product(n, item_bytes);
    if (!bytes)
        return NULL;
    pthread_mutex_lock(&memory.lock);
    struct piece *piece = old ? find_piece(old) : NULL;
    void *grown = NULL;
    if (piece && bytes <= piece->bytes)
        grown = old;
    else if (piece)
        grown = grow_piece(piece, rounded(bytes));
    pthread_mutex_unlock(&memory.lock);
    if (grown)
        return grown;
    if (!piece && bytes < LARGE_BYTES)
        return realloc(old, bytes);
    grown = pt_memory_get(n, item_bytes);
    if (!grown)
        return NULL;
    if (old)
        memcpy(grown, old, old_bytes < bytes ? old_bytes : bytes);
    pt_memory_free(old);
    return grown;
}

void pt_memory_free(void *at)
{
    pthread_mutex_lock(&memory.lock);
    struct piece *piece = at ? find_piece(at) : NULL;
    if (piece) {
        unmap(piece);
        count(piece, false);
        *piece = memory.pieces[--memory.n];
    }
    pthread_mutex_unlock(&memory.lock);
    if (!piece)
        free(at);
}

const char *pt_memory_reason(void)
{
    return memory.reason;
}

uint64_t pt_memory_most_in_files(void)
{
    return memory.most_in_files;
}
