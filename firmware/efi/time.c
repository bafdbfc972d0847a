// SPDX-License-Identifier: GPL-2.0-only
/* EFI time services. The guest's clock is the host's plus what SetTime made of it. */
#include <time.h>

#include "firmware/efi/services.h"

/* Days from 1970-01-01 to a day of the Gregorian calendar. */
static int64_t days_from_civil(int64_t year, unsigned int month, unsigned int day)
{
	int64_t era_year = month > 2 ? year : year - 1;
	unsigned int shifted = month > 2 ? month - 3 : month + 9;	/* from March */

	return 365 * era_year + era_year / 4 - era_year / 100 + era_year / 400 +
	       (153 * shifted + 2) / 5 + day - 1 - 719468;
}

static unsigned int days_in_month(unsigned int year, unsigned int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static bool time_valid(const struct efi_time *t)
{
	return t->year >= 1900 && t->year <= 9999 && t->month >= 1 && t->month <= 12 &&
	       t->day >= 1 && t->day <= days_in_month(t->year, t->month) && t->hour < 24 &&
	       t->minute < 60 && t->second < 60 && t->nanosecond < 1000000000 &&
	       (t->time_zone == EFI_UNSPECIFIED_TIMEZONE ||
		(t->time_zone >= -1440 && t->time_zone <= 1440)) &&
	       !(t->daylight & ~3u);
}

static void current_time(struct riven_fw *fw, struct efi_time *t)
{
	struct timespec now;
	struct tm tm;
	time_t seconds;

	clock_gettime(CLOCK_REALTIME, &now);
	seconds = now.tv_sec + fw->time_offset;
	gmtime_r(&seconds, &tm);
	*t = (struct efi_time){
		.year = (uint16_t)(tm.tm_year + 1900),
		.month = (uint8_t)(tm.tm_mon + 1),
		.day = (uint8_t)tm.tm_mday,
		.hour = (uint8_t)tm.tm_hour,
		.minute = (uint8_t)tm.tm_min,
		.second = (uint8_t)(tm.tm_sec < 60 ? tm.tm_sec : 59),
		.nanosecond = (uint32_t)now.tv_nsec,
		.time_zone = fw->time_zone,
		.daylight = fw->daylight,
	};
}

/* GetTime(time, capabilities or 0) */
void efi_get_time(struct fw_call *c)
{
	static const struct efi_time_capabilities cap = { .resolution = 1, .accuracy = 50000000 };
	struct efi_time t;

	current_time(c->fw, &t);
	if ((c->arg[1] &&
	     efi_guest_failed(c, guest_check(c, c->arg[1], sizeof(cap), RIVEN_ACCESS_WRITE))) ||
	    efi_guest_failed(c, guest_write(c, c->arg[0], &t, sizeof(t))))
		return;
	if (c->arg[1])
		guest_write(c, c->arg[1], &cap, sizeof(cap));
}

/* SetTime(time) */
void efi_set_time(struct fw_call *c)
{
	struct efi_time t;
	struct timespec now;

	if (efi_guest_failed(c, guest_read(c, c->arg[0], &t, sizeof(t))))
		return;
	if (!time_valid(&t)) {
		c->ret[0] = EFI_INVALID_PARAMETER;
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	c->fw->time_offset = days_from_civil(t.year, t.month, t.day) * 86400 + t.hour * 3600 +
			     t.minute * 60 + t.second - now.tv_sec;
	c->fw->time_zone = t.time_zone;
	c->fw->daylight = t.daylight;
}

/* GetWakeupTime(enabled, pending, time): there is no alarm, so it is off. */
void efi_get_wakeup_time(struct fw_call *c)
{
	static const uint8_t no;
	struct efi_time t;

	current_time(c->fw, &t);
	t.nanosecond = 0;
	if (efi_guest_failed(c, guest_check(c, c->arg[0], 1, RIVEN_ACCESS_WRITE)) ||
	    efi_guest_failed(c, guest_check(c, c->arg[1], 1, RIVEN_ACCESS_WRITE)) ||
	    efi_guest_failed(c, guest_write(c, c->arg[2], &t, sizeof(t))))
		return;
	guest_write(c, c->arg[0], &no, sizeof(no));
	guest_write(c, c->arg[1], &no, sizeof(no));
}

/* SetWakeupTime(enable, time): turning it off is all there is to do. */
void efi_set_wakeup_time(struct fw_call *c)
{
	if (c->arg[0] & 0xff)
		c->ret[0] = EFI_UNSUPPORTED;
}
