// SPDX-License-Identifier: GPL-2.0-only
/*
 * The variables file: a header, then for each variable a record, its name and
 * its data. Everything is little endian; the header has a checksum of what
 * follows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "firmware/efi/variables.h"

static const char magic[8] = "RVNVARS1";

struct file_header {
	char magic[8];
	uint32_t size;		/* of what follows */
	uint32_t crc32;		/* of what follows */
};

struct file_record {
	struct efi_guid guid;
	uint32_t attributes;
	uint32_t name_len;	/* units, the final NUL included */
	uint32_t size;
};

#define MAX_FILE	(sizeof(struct file_header) + 2 * VARIABLE_MAX_TOTAL)

/* Read a whole file of at most max bytes; *len is its size. NULL with errno set. */
static uint8_t *read_file(const char *path, size_t max, size_t *len)
{
	uint8_t *buf = malloc(max + 1);
	size_t have = 0;
	int fd, error;

	if (!buf)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		free(buf);
		return NULL;
	}
	for (;;) {
		ssize_t n = read(fd, buf + have, max + 1 - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			error = errno;
			goto fail;
		}
		if (!n)
			break;
		have += (size_t)n;
		if (have > max) {
			error = EFBIG;
			goto fail;
		}
	}
	close(fd);
	*len = have;
	return buf;
fail:
	close(fd);
	free(buf);
	errno = error;
	return NULL;
}

/* Take the records in [p, end) into vars; false when they are not well formed. */
static bool parse(struct efi_variables *vars, const uint8_t *p, const uint8_t *end)
{
	uint16_t name[VARIABLE_MAX_NAME];
	struct file_record r;

	while (p < end) {
		if ((size_t)(end - p) < sizeof(r))
			return false;
		memcpy(&r, p, sizeof(r));
		p += sizeof(r);
		if (r.name_len < 2 || r.name_len > VARIABLE_MAX_NAME || !r.size ||
		    r.size > VARIABLE_MAX_DATA ||
		    (size_t)(end - p) < r.name_len * sizeof(*name) + r.size)
			return false;
		memcpy(name, p, r.name_len * sizeof(*name));
		p += r.name_len * sizeof(*name);
		if (name[r.name_len - 1])
			return false;
		if (variable_set(vars, name, &r.guid, r.attributes | EFI_VARIABLE_NON_VOLATILE, p,
				 r.size))
			return false;
		p += r.size;
	}
	return true;
}

/* Can the folder that the file is in take a new one, as saving needs? */
static bool folder_writable(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!slash)
		return access(".", W_OK | X_OK) == 0;
	if ((size_t)snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path) >=
	    sizeof(folder))
		return false;
	return access(folder, W_OK | X_OK) == 0;
}

int variables_load(struct efi_variables *vars, const char *path, const char **err)
{
	struct file_header h;
	size_t len = 0;
	uint8_t *buf;
	bool ok;

	if (!folder_writable(path)) {
		*err = "the EFI variables file is in a folder that is not there or not writable";
		return -EACCES;
	}
	buf = read_file(path, MAX_FILE, &len);
	if (!buf && errno == ENOENT)
		return 0;
	if (!buf && errno != EFBIG) {
		*err = "the EFI variables file cannot be read";
		return -errno;
	}
	ok = buf && len >= sizeof(h);
	if (ok) {
		memcpy(&h, buf, sizeof(h));
		ok = !memcmp(h.magic, magic, sizeof(magic)) && h.size == len - sizeof(h) &&
		     h.crc32 == crc32(0, buf + sizeof(h), h.size) &&
		     parse(vars, buf + sizeof(h), buf + len);
	}
	free(buf);
	if (!ok) {
		variables_free(vars);
		*err = "the EFI variables file is damaged or not Riven's; move it away or name another";
		return -EINVAL;
	}
	return 0;
}

static uint8_t *put(uint8_t *p, const void *data, size_t size)
{
	memcpy(p, data, size);
	return p + size;
}

static int write_all(int fd, const uint8_t *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int variables_save(const struct efi_variables *vars, const char *path)
{
	struct file_header h;
	const struct efi_variable *v;
	size_t size = sizeof(h);
	char temp[PATH_MAX];
	uint8_t *buf, *p;
	int fd, r;

	for (v = vars->first; v; v = v->next)
		if (v->attributes & EFI_VARIABLE_NON_VOLATILE)
			size += sizeof(struct file_record) + v->name_len * sizeof(*v->name) +
				v->size;
	if ((size_t)snprintf(temp, sizeof(temp), "%s.XXXXXX", path) >= sizeof(temp))
		return -ENAMETOOLONG;
	buf = malloc(size);
	if (!buf)
		return -ENOMEM;
	p = buf + sizeof(h);
	for (v = vars->first; v; v = v->next) {
		struct file_record rec = { v->guid, v->attributes, v->name_len, v->size };

		if (!(v->attributes & EFI_VARIABLE_NON_VOLATILE))
			continue;
		p = put(p, &rec, sizeof(rec));
		p = put(p, v->name, v->name_len * sizeof(*v->name));
		p = put(p, v->data, v->size);
	}
	memcpy(h.magic, magic, sizeof(magic));
	h.size = (uint32_t)(size - sizeof(h));
	h.crc32 = (uint32_t)crc32(0, buf + sizeof(h), h.size);
	put(buf, &h, sizeof(h));

	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		free(buf);
		return -errno;
	}
	r = write_all(fd, buf, size);
	if (!r && (fchmod(fd, 0644) || fsync(fd)))
		r = -errno;
	if (close(fd) && !r)
		r = -errno;
	if (!r && rename(temp, path))
		r = -errno;
	if (r)
		unlink(temp);
	free(buf);
	return r;
}
