package decide

// TakenBySpot tells by the status code of a spot request whether AWS takes its instance, though it may still run.
func TakenBySpot(code string) bool { return takenBySpot(code) }
