package orchestrator

// ForgetAnswers lets tests run what Run does once an hour.
var ForgetAnswers = (*Service).forgetAnswers
