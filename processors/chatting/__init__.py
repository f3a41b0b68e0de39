"""What a chat is made of: asks and steps, who shares a batch with whom, how tokens become text. No models here."""
