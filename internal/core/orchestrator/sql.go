package orchestrator

import "embed"

//go:embed migrations/*.sql
var migrations embed.FS

//go:embed sql/remember_answer.sql
var rememberAnswerSQL string

//go:embed sql/recall_answer.sql
var recallAnswerSQL string

//go:embed sql/forget_answers.sql
var forgetAnswersSQL string
