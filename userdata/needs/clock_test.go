package needs

import "testing"

func TestWhatRunsByTheClockIsFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"cat > /etc/cron.d/app <<'EOF'\nMAILTO=ops@example.com\n# m h\n*/10 * * * * app /opt/app/bin/charge >> /var/log/charge.log\nEOF\n":                              1,
		"(crontab -l 2>/dev/null; echo '0 * * * * cd /opt/app && ./manage.py send_reminders') | crontab -\n":                                                            1,
		"echo '15 3 * * * root /opt/app/nightly-billing.sh' >> /etc/crontab\n":                                                                                          1,
		"cat > /etc/cron.daily/report <<'EOF'\n#!/bin/sh\n/opt/app/report\nEOF\n":                                                                                       1,
		"cat > /etc/systemd/system/bill.timer <<'EOF'\n[Timer]\nOnCalendar=daily\nEOF\n":                                                                                1,
		"echo '0 4 * * * root yum -y update --security' > /etc/cron.d/updates\necho '*/5 * * * * root /usr/bin/bastion/sync_users' > /etc/cron.d/keys\n":                0,
		"cat > /etc/cron.d/logs <<'EOF'\n*/5 * * * * root aws s3 sync /var/log/bastion s3://logs/\n* * * * * root /opt/aws-scripts-mon/mon-put-instance-data.pl\nEOF\n": 0,
		"cat > /etc/cron.daily/logrotate <<'EOF'\n#!/bin/sh\n/opt/x\nEOF\necho '[Timer]' > /etc/systemd/system/x.timer\n":                                               0,
		"echo 'see /etc/cron.d' # 0 * * * * root /opt/app/x\n":                                                                                                          0,
	} {
		got := Clocked([]byte("#!/bin/bash\n" + text))
		if len(got) != want {
			t.Errorf("%q: found %q, want %d", text, got, want)
		}
	}
}
