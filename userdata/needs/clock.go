package needs

import "autospotting/pkg/lazyregexp"

// Clocked are the places at which user data has something run by the clock: a crontab, a directory that cron looks into, a timer of systemd. In a
// group of one it runs once; while two instances run, twice. It is no need: what several instances of a group all do, several may do.
// Housekeeping is left out, which each instance does for itself.
func Clocked(userData []byte) (where []string) { return read(userData).clocked }

var (
	// housekeeping is what an instance does for itself: packages, logs, certificates, metrics, the keys and users of the machine.
	housekeeping = lazyregexp.New(`(?i)\b(yum|dnf|apt|apt-get|zypper|needs-restarting|unattended-upgrade\w*)\b|logrotate|\b(certbot|acme\.sh)\b|renew|metric|mon-put|cloudwatch|awslogs|` +
		`\baws s3 (cp|sync|mv)\b|(s3|users?|keys?|ssh|iam|groups?)[-_ ]?sync|sync[-_ ](s3|users?|keys?|ssh|iam|groups?)|authorized[-_]?keys|` +
		`clean|prune|purge|tmpwatch|\bfind\b|\brm\b|fstrim|freshclam|clamscan|aide\b|lynis|inspector|chef-client|puppet|ansible-pull|salt-call|cfn-hup|` +
		`(systemctl|service) (try-)?(restart|reload|start)|health[-_]?check|heartbeat|ntpdate|chrony|hwclock|\bchown\b|\bchmod\b|ssm-agent|aws ssm|ecr get-login|docker (system|image|container|login|pull)|reboot|shutdown|poweroff`)
	dueFile   = lazyregexp.New(`/cron\.(hourly|daily|weekly|monthly)/|\.timer$`)
	timerLine = lazyregexp.New(`(?m)^\s*(OnCalendar|OnUnitActiveSec|OnUnitInactiveSec)\s*=`)
)

// clock books what a line has run by the clock.
func (r *reader) clock(run string, p place, line int) {
	if len(r.clocked) < maxFound && !housekeeping.MatchString(run) {
		r.clocked = append(r.clocked, p.where(line))
	}
}

// due books a file that is due by its name.
func (r *reader) due(name, text string, p place) {
	if dueFile.MatchString(name) && (!timerFile(name) || timerLine.MatchString(text)) && !housekeeping.MatchString(name) {
		r.clock(text, p, 1)
	}
}

func timerFile(name string) bool { return len(name) > 6 && name[len(name)-6:] == ".timer" }
