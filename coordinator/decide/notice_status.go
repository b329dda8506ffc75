package decide

// NoticeStatus tells by the status code of a spot request whether AWS takes its instance, though it may still run.
func NoticeStatus(code string) bool { return noticeStatus(code) }
