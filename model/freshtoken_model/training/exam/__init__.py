"""Exam practice: questions, proofs, cards, mock exams."""
