INSERT INTO workflow_figures (workflow, figures)
VALUES ($1, $2)
ON CONFLICT (workflow) DO UPDATE SET figures = excluded.figures
