package daemon

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// forgetStart unmaps the pages of the program file that the start went through:
// nearly all of it, since the kernel maps in large pieces. What is needed again
// is mapped again from the page cache, which costs microseconds; what was for the
// start only is no longer ours. Any trouble leaves everything as it is.
func forgetStart() {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		f := strings.Fields(line) // 00400000-007c9000 r-xp 00000000 fe:00 9978750 /usr/bin/spotd
		if len(f) != 6 || f[5] != exe || strings.Contains(f[1], "w") {
			continue // written pages must stay
		}
		from, to, _ := strings.Cut(f[0], "-")
		begin, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil && begin < end {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(begin), uintptr(end-begin), uintptr(syscall.MADV_DONTNEED))
		}
	}
}
